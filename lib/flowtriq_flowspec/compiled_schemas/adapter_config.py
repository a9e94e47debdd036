"""Generated from schemas/adapter_config.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^/': re.compile('^/'),
    '^0?[0-7]{3}$(?!\\n)': re.compile('^0?[0-7]{3}\\Z(?!\\n)')
}

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['guardrails']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "socket" in data_keys:
            data_keys.remove("socket")
            data__socket = data["socket"]
            if not isinstance(data__socket, (dict)):
                raise Unfit
            data__socket_is_dict = isinstance(data__socket, dict)
            if data__socket_is_dict:
                data__socket_keys = set(data__socket.keys())
                if "path" in data__socket_keys:
                    data__socket_keys.remove("path")
                    data__socket__path = data__socket["path"]
                    if not isinstance(data__socket__path, (str)):
                        raise Unfit
                    if isinstance(data__socket__path, str):
                        data__socket__path_len = len(data__socket__path)
                        if data__socket__path_len > 100:
                            raise Unfit
                        if not REGEX_PATTERNS['^/'].search(data__socket__path):
                            raise Unfit
                if "mode" in data__socket_keys:
                    data__socket_keys.remove("mode")
                    data__socket__mode = data__socket["mode"]
                    if not isinstance(data__socket__mode, (str)):
                        raise Unfit
                    if isinstance(data__socket__mode, str):
                        if not REGEX_PATTERNS['^0?[0-7]{3}$(?!\\n)'].search(data__socket__mode):
                            raise Unfit
                if "roles" in data__socket_keys:
                    data__socket_keys.remove("roles")
                    data__socket__roles = data__socket["roles"]
                    if not isinstance(data__socket__roles, (dict)):
                        raise Unfit
                    data__socket__roles_is_dict = isinstance(data__socket__roles, dict)
                    if data__socket__roles_is_dict:
                        data__socket__roles_len = len(data__socket__roles)
                        if data__socket__roles_len < 1:
                            raise Unfit
                        data__socket__roles_keys = set(data__socket__roles.keys())
                        for data__socket__roles_key in data__socket__roles_keys:
                            if data__socket__roles_key not in []:
                                data__socket__roles_value = data__socket__roles.get(data__socket__roles_key)
                                if not (isinstance(data__socket__roles_value, str) and data__socket__roles_value == 'read' or isinstance(data__socket__roles_value, str) and data__socket__roles_value == 'operate' or isinstance(data__socket__roles_value, str) and data__socket__roles_value == 'automation' or isinstance(data__socket__roles_value, str) and data__socket__roles_value == 'admin'):
                                    raise Unfit
                if "group" in data__socket_keys:
                    data__socket_keys.remove("group")
                    data__socket__group = data__socket["group"]
                    if not isinstance(data__socket__group, (str)):
                        raise Unfit
                    if isinstance(data__socket__group, str):
                        data__socket__group_len = len(data__socket__group)
                        if data__socket__group_len < 1:
                            raise Unfit
                if data__socket_keys:
                    raise Unfit
        if "tcp" in data_keys:
            data_keys.remove("tcp")
            data__tcp = data["tcp"]
            if not isinstance(data__tcp, (dict)):
                raise Unfit
            data__tcp_is_dict = isinstance(data__tcp, dict)
            if data__tcp_is_dict:
                data__tcp__missing_keys = set(['address', 'port', 'certificate', 'key']) - data__tcp.keys()
                if data__tcp__missing_keys:
                    raise Unfit
                data__tcp_keys = set(data__tcp.keys())
                if "address" in data__tcp_keys:
                    data__tcp_keys.remove("address")
                    data__tcp__address = data__tcp["address"]
                    if not isinstance(data__tcp__address, (str)):
                        raise Unfit
                    if isinstance(data__tcp__address, str):
                        data__tcp__address_len = len(data__tcp__address)
                        if data__tcp__address_len < 1:
                            raise Unfit
                if "port" in data__tcp_keys:
                    data__tcp_keys.remove("port")
                    data__tcp__port = data__tcp["port"]
                    if not isinstance(data__tcp__port, (int)) and not (isinstance(data__tcp__port, float) and data__tcp__port.is_integer()) or isinstance(data__tcp__port, bool):
                        raise Unfit
                    if isinstance(data__tcp__port, (int, float)) and not isinstance(data__tcp__port, bool):
                        if data__tcp__port < 0:
                            raise Unfit
                        if data__tcp__port > 65535:
                            raise Unfit
                if "certificate" in data__tcp_keys:
                    data__tcp_keys.remove("certificate")
                    data__tcp__certificate = data__tcp["certificate"]
                    if not isinstance(data__tcp__certificate, (str)):
                        raise Unfit
                    if isinstance(data__tcp__certificate, str):
                        if not REGEX_PATTERNS['^/'].search(data__tcp__certificate):
                            raise Unfit
                if "key" in data__tcp_keys:
                    data__tcp_keys.remove("key")
                    data__tcp__key = data__tcp["key"]
                    if not isinstance(data__tcp__key, (str)):
                        raise Unfit
                    if isinstance(data__tcp__key, str):
                        if not REGEX_PATTERNS['^/'].search(data__tcp__key):
                            raise Unfit
                if "client_ca" in data__tcp_keys:
                    data__tcp_keys.remove("client_ca")
                    data__tcp__clientca = data__tcp["client_ca"]
                    if not isinstance(data__tcp__clientca, (str)):
                        raise Unfit
                    if isinstance(data__tcp__clientca, str):
                        if not REGEX_PATTERNS['^/'].search(data__tcp__clientca):
                            raise Unfit
                if "certificate_role" in data__tcp_keys:
                    data__tcp_keys.remove("certificate_role")
                    data__tcp__certificaterole = data__tcp["certificate_role"]
                    if not (isinstance(data__tcp__certificaterole, str) and data__tcp__certificaterole == 'read' or isinstance(data__tcp__certificaterole, str) and data__tcp__certificaterole == 'operate' or isinstance(data__tcp__certificaterole, str) and data__tcp__certificaterole == 'automation' or isinstance(data__tcp__certificaterole, str) and data__tcp__certificaterole == 'admin'):
                        raise Unfit
                if data__tcp_keys:
                    raise Unfit
        if "tokens_file" in data_keys:
            data_keys.remove("tokens_file")
            data__tokensfile = data["tokens_file"]
            if not isinstance(data__tokensfile, (str)):
                raise Unfit
            if isinstance(data__tokensfile, str):
                if not REGEX_PATTERNS['^/'].search(data__tokensfile):
                    raise Unfit
        if "max_requests_per_minute" in data_keys:
            data_keys.remove("max_requests_per_minute")
            data__maxrequestsperminute = data["max_requests_per_minute"]
            if not isinstance(data__maxrequestsperminute, (int)) and not (isinstance(data__maxrequestsperminute, float) and data__maxrequestsperminute.is_integer()) or isinstance(data__maxrequestsperminute, bool):
                raise Unfit
            if isinstance(data__maxrequestsperminute, (int, float)) and not isinstance(data__maxrequestsperminute, bool):
                if data__maxrequestsperminute < 1:
                    raise Unfit
                if data__maxrequestsperminute > 1000000:
                    raise Unfit
        if "audit_seconds" in data_keys:
            data_keys.remove("audit_seconds")
            data__auditseconds = data["audit_seconds"]
            if not isinstance(data__auditseconds, (int)) and not (isinstance(data__auditseconds, float) and data__auditseconds.is_integer()) or isinstance(data__auditseconds, bool):
                raise Unfit
            if isinstance(data__auditseconds, (int, float)) and not isinstance(data__auditseconds, bool):
                if data__auditseconds < 10:
                    raise Unfit
                if data__auditseconds > 86400:
                    raise Unfit
        if "database" in data_keys:
            data_keys.remove("database")
            data__database = data["database"]
            if not isinstance(data__database, (str)):
                raise Unfit
            if isinstance(data__database, str):
                if not REGEX_PATTERNS['^/'].search(data__database):
                    raise Unfit
        if "max_body_bytes" in data_keys:
            data_keys.remove("max_body_bytes")
            data__maxbodybytes = data["max_body_bytes"]
            if not isinstance(data__maxbodybytes, (int)) and not (isinstance(data__maxbodybytes, float) and data__maxbodybytes.is_integer()) or isinstance(data__maxbodybytes, bool):
                raise Unfit
            if isinstance(data__maxbodybytes, (int, float)) and not isinstance(data__maxbodybytes, bool):
                if data__maxbodybytes < 1024:
                    raise Unfit
                if data__maxbodybytes > 67108864:
                    raise Unfit
        if "history_days" in data_keys:
            data_keys.remove("history_days")
            data__historydays = data["history_days"]
            if not isinstance(data__historydays, (int)) and not (isinstance(data__historydays, float) and data__historydays.is_integer()) or isinstance(data__historydays, bool):
                raise Unfit
            if isinstance(data__historydays, (int, float)) and not isinstance(data__historydays, bool):
                if data__historydays < 1:
                    raise Unfit
                if data__historydays > 3650:
                    raise Unfit
        if "guardrails" in data_keys:
            data_keys.remove("guardrails")
            data__guardrails = data["guardrails"]
            if not isinstance(data__guardrails, (dict)):
                raise Unfit
        if data_keys:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
}
