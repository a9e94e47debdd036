"""ExaFS's API by itself, for the lane in alternatives.py: run by the interpreter that has it, with
PORT, the address of exabgp-process, DATABASE and KEY. SQLite is in the place of its MySQL."""

from __future__ import annotations

import sys

from flowapp import create_app, db, models  # type: ignore[import-not-found,unused-ignore]
from werkzeug.serving import make_server

port, exabgp_process, database, key = sys.argv[1:]


class Settings:
    EXA_API = "HTTP"
    EXA_API_URL = exabgp_process
    SQLALCHEMY_DATABASE_URI = f"sqlite:///{database}"
    SQLALCHEMY_TRACK_MODIFICATIONS = False
    JWT_SECRET = SECRET_KEY = key
    LOCAL_AUTH = True
    LOCAL_USER_UUID = "bench"
    TESTING = USE_RD = False
    FLOWSPEC4_MAX_RULES = 100_000
    ALLOWED_COMMUNITIES = (1,)


app = create_app(Settings)
with app.app_context():
    if "sqlalchemy" not in app.extensions:
        db.init_app(app)
    db.create_all()  # with its own roles, actions and organizations
    models.insert_users([{"name": "bench", "role_id": 3, "org_id": 1}])
    db.session.query(models.Organization).filter_by(id=1).first().arange = "198.18.0.0/15"
    db.session.add(models.ApiKey(machine="127.0.0.1", key=key, user_id=1, org_id=1))
    db.session.commit()
make_server("127.0.0.1", int(port), app, threaded=True).serve_forever()
