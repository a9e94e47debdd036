-- A small transaction is stored as one row, and comes into the tables later.

CREATE TABLE unapplied (
  seq INTEGER PRIMARY KEY,
  changes TEXT NOT NULL
);
