"""An SQLite file of one program: opened and checked, put aside if damaged, and watched.

One process owns the file as long as it lives: a lock (flock) on the file itself, which the kernel
ends with the process, however that dies. SQLite's own locks are of another kind (fcntl), so other
processes may still read and write.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path

from .durable_files import sync
from .errors import InvalidConfig
from .sqlite_migrations import Format, write_copy

log = logging.getLogger(__name__)

_MODE = 0o640
_COMPANIONS = ("", "-wal", "-shm")
_APPLICATION_ID = 68  # where a file's header has it; https://www.sqlite.org/fileformat.html
_ZEROS = bytes(256 * 1024)
_ROOM = 64
"""A log that is made longer leaves so many times its length free on the disk."""

_LOCK_SECONDS = 5.0
"""How long a start waits for the process before it, which may be about to end."""


class Place(Enum):
    """Whether the file that is open is the one that the next start will open."""

    IN_PLACE = "in_place"
    DELETED = "deleted"
    REPLACED = "replaced"


class SqliteFile:
    """The database ``db`` at ``path``, with the tables of ``format``. Whoever uses it from several
    threads holds a lock of its own.

    ``check`` reads what the program needs at its start; a ValueError means damage, like what SQLite
    itself calls damaged. Raises InvalidConfig where another process owns the file, or a newer
    version of the program wrote it; sqlite3.OperationalError where it cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        format: Format,
        check: Callable[[sqlite3.Connection], object] = lambda _db: None,
    ) -> None:
        self.path = path
        self.lost: Path | None = None
        """Where a damaged file was moved to; this database is then a new one."""
        self.place = Place.IN_PLACE
        self.faults = 0
        """How often the file was found damaged, deleted or replaced."""
        self._format, self._check = format, check
        try:
            self._open()
        except sqlite3.OperationalError:
            raise
        except (sqlite3.DatabaseError, ValueError):
            self.lost = _move_aside(path)
            self.faults += 1
            self._open()

    def _open(self) -> None:
        file = _own(self.path, self._format.program)
        try:
            db = _connect(self.path)
            try:
                if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                    raise sqlite3.DatabaseError("quick_check found damage")
                self._format.create_or_migrate(db, self.path)
                self._read(db)
                marks = _mark(db, file)
                _narrow_modes(self.path)
            except BaseException:
                db.close()
                raise
        except BaseException:
            os.close(file)
            raise
        self.db, self._file, self._marks = db, file, marks

    def _read(self, db: sqlite3.Connection) -> None:
        try:
            self._check(db)
        except sqlite3.OperationalError as problem:
            if "UTF-8" in str(problem):  # SQLite does not look into texts; Python does
                raise sqlite3.DatabaseError(str(problem)) from problem
            raise

    def close(self) -> None:
        self.db.close()
        if self._file >= 0:
            os.close(self._file)  # not before: that would end SQLite's own locks
            self._file = -1

    def look_after(self) -> None:
        """Notice that the file was deleted or replaced under this process. Not within a
        transaction. A deleted one is written again: nothing is lost. Which one is right of two,
        nobody knows: then, and while a deleted one cannot be written, raises
        sqlite3.OperationalError."""
        found, problem = self._where(), ""
        self.faults += found is not Place.IN_PLACE and found is not self.place
        if found is Place.DELETED:
            try:
                self._write_again()
            except (sqlite3.Error, OSError, InvalidConfig) as error:
                problem = f"database {self.path} was deleted and cannot be written again: {error}"
            else:
                found = Place.IN_PLACE
                log.critical("database %s was deleted; it was written again", self.path)
        elif found is Place.REPLACED:
            problem = (
                f"database {self.path} was replaced while {self._format.program} used it: restart"
                f" {self._format.program} to use the file that is there now, or move that file"
                " away to keep what was in use"
            )
        if problem and found is not self.place:
            log.critical("%s", problem)
        self.place = found
        if problem:
            raise sqlite3.OperationalError(problem)

    @contextlib.contextmanager
    def without_sync(self) -> Iterator[None]:
        """A commit within outlives this process, but the machine only after ``sync``. Not within a
        transaction. Raises sqlite3.Error."""
        self.db.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self.db.execute("PRAGMA synchronous = FULL")

    def sync(self) -> None:
        """Wait until every commit is on the disk. After an OSError nobody knows which ones are, or
        ever will be: then ``write_anew``. May run in any thread."""
        log_file = os.open(self._log_path, os.O_RDONLY)
        try:
            os.fdatasync(log_file)
        finally:
            os.close(log_file)

    def write_anew(self, problem: OSError) -> None:
        """Put the file aside, of which the disk may lack something, and write all that is committed
        again. Not within a transaction. Raises sqlite3.OperationalError; ``look_after`` tries it
        once more then."""
        try:
            aside = _move_aside(self.path)
        except OSError as error:
            raise sqlite3.OperationalError(f"{self.path} cannot be put aside: {error}") from error
        text = "the disk did not take what is in database %s (%s): that file is %s now"
        log.critical(text, self.path, problem.strerror, aside)
        self.look_after()

    def checkpoint(self) -> None:
        """Move what the write-ahead log has into the database, on a connection of its own: nobody
        who writes meanwhile waits. Raises sqlite3.Error. May run in any thread."""
        if self._where() is Place.IN_PLACE:
            address = f"{self.path.absolute().as_uri()}?mode=rw"
            with contextlib.closing(sqlite3.connect(address, uri=True)) as db:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def lengthen_log(self, octets: int) -> None:
        """Have the write-ahead log's file so long: a commit into room that is there asks the disk
        for its own octets alone, one that makes the file longer also for the file system's journal.
        Not where the disk has little room. May run in any thread: what is appended never meets what
        a commit writes, and SQLite takes no zeros for a commit (https://www.sqlite.org/fileformat.html,
        section 4.2). Raises OSError."""
        if self._where() is not Place.IN_PLACE:
            return
        file = os.open(self._log_path, os.O_WRONLY | os.O_APPEND)
        try:
            disk = os.fstatvfs(file)
            if disk.f_bavail * disk.f_frsize < _ROOM * octets:
                return
            while os.fstat(file).st_size < octets:
                os.write(file, _ZEROS)
                os.fdatasync(file)
        finally:
            os.close(file)

    @property
    def _log_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}-wal")

    def _where(self) -> Place:
        mine = os.fstat(self._file)
        try:
            found = self.path.stat()
        except OSError:
            return Place.DELETED
        if not os.path.samestat(found, mine):
            return Place.REPLACED
        return Place.IN_PLACE if _header(self._file) in self._marks else Place.REPLACED

    def _write_again(self) -> None:
        partial = self.path.with_name(f"{self.path.name}.partial")
        write_copy(self.db, partial)
        partial.chmod(_MODE)
        for suffix in _COMPANIONS[1:]:
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        os.link(partial, self.path)  # unlike rename, never over a file that is there meanwhile
        partial.unlink()
        old_db, old_file = self.db, self._file
        self._open()
        old_db.close()
        os.close(old_file)


class Guest:
    """The database of another process, for a command: ``db``. An empty one, which is kept nowhere,
    where there is none yet. Raises InvalidConfig where it is of another version; sqlite3.Error
    where it cannot be opened."""

    def __init__(self, path: Path, format: Format) -> None:
        exists = path.exists()
        self.db = _connect(path if exists else ":memory:")
        try:
            if not exists:
                format.create_or_migrate(self.db, path)
            format.refuse_newer(self.db, path)
            if format.version(self.db) < format.newest:
                raise _refused(
                    path, f"is of an older version: {format.program} migrates it when it starts"
                )
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        self.db.close()


def _refused(path: Path, what: str) -> InvalidConfig:
    return InvalidConfig(f"database {path} {what}", field="database", value=str(path))


def _connect(path: Path | str) -> sqlite3.Connection:
    """Whose commit is on the disk when it returns. Raises sqlite3.Error."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
    except BaseException:
        db.close()
        raise
    return db


def _mark(db: sqlite3.Connection, file: int) -> set[bytes]:
    """Give the file a number of its own, so that another content under its name is noticed."""
    mark = int.from_bytes(os.urandom(4), "big") >> 1
    with contextlib.suppress(sqlite3.OperationalError):  # on a full disk it goes without
        db.execute(f"PRAGMA application_id = {mark}")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {_header(file), mark.to_bytes(4, "big")}


def _header(file: int) -> bytes:
    return os.pread(file, 4, _APPLICATION_ID)


def _own(path: Path, program: str) -> int:
    """The file's descriptor, locked until it is closed; the file is created if it is missing."""
    give_up_at = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _MODE)
        except OSError as problem:
            raise sqlite3.OperationalError(problem.strerror) from problem
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                sync(path.parent)
                return descriptor
        except BlockingIOError:
            pass
        except OSError as problem:  # deleted meanwhile, or a file system without locks
            if give_up_at < time.monotonic():
                os.close(descriptor)
                raise sqlite3.OperationalError(f"it cannot be locked: {problem}") from problem
        os.close(descriptor)
        if time.monotonic() > give_up_at:
            raise _refused(
                path,
                f"is in use by another process of {program}: stop that process, or name another"
                " file",
            )
        time.sleep(0.1)


def _narrow_modes(path: Path) -> None:
    """Version 0.1.0 let everybody read the files."""
    for suffix in _COMPANIONS:
        file = path.with_name(path.name + suffix)
        with contextlib.suppress(OSError):
            file.chmod(file.stat().st_mode & _MODE)


def _move_aside(path: Path) -> Path:
    """Move a damaged database and its companions out of the way. An operator may still look at
    them."""
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    for suffix in _COMPANIONS:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside
