"""Generated from schemas/console.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^([^/@:]+|\\[[0-9a-fA-F:]+\\]):[0-9]{1,5}$(?!\\n)': re.compile('^([^/@:]+|\\[[0-9a-fA-F:]+\\]):[0-9]{1,5}\\Z(?!\\n)'),
    '^https?://[^ /]+(/[^ ]*)?$(?!\\n)': re.compile('^https?://[^ /]+(/[^ ]*)?\\Z(?!\\n)'),
    '^/': re.compile('^/'),
    '^[A-Za-z0-9-]{1,64}$(?!\\n)': re.compile('^[A-Za-z0-9-]{1,64}\\Z(?!\\n)')
}

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['pack_config', 'users']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "pack_config" in data_keys:
            data_keys.remove("pack_config")
            data__packconfig = data["pack_config"]
            if not isinstance(data__packconfig, (str)):
                raise Unfit
            if isinstance(data__packconfig, str):
                data__packconfig_len = len(data__packconfig)
                if data__packconfig_len < 1:
                    raise Unfit
        if "users" in data_keys:
            data_keys.remove("users")
            data__users = data["users"]
            if not isinstance(data__users, (str)):
                raise Unfit
            if isinstance(data__users, str):
                data__users_len = len(data__users)
                if data__users_len < 1:
                    raise Unfit
        if "listen_address" in data_keys:
            data_keys.remove("listen_address")
            data__listenaddress = data["listen_address"]
            if not isinstance(data__listenaddress, (str)):
                raise Unfit
            if isinstance(data__listenaddress, str):
                if not REGEX_PATTERNS['^([^/@:]+|\\[[0-9a-fA-F:]+\\]):[0-9]{1,5}$(?!\\n)'].search(data__listenaddress):
                    raise Unfit
        if "tls_certificate" in data_keys:
            data_keys.remove("tls_certificate")
            data__tlscertificate = data["tls_certificate"]
            if not isinstance(data__tlscertificate, (str)):
                raise Unfit
            if isinstance(data__tlscertificate, str):
                data__tlscertificate_len = len(data__tlscertificate)
                if data__tlscertificate_len < 1:
                    raise Unfit
        if "tls_key" in data_keys:
            data_keys.remove("tls_key")
            data__tlskey = data["tls_key"]
            if not isinstance(data__tlskey, (str)):
                raise Unfit
            if isinstance(data__tlskey, str):
                data__tlskey_len = len(data__tlskey)
                if data__tlskey_len < 1:
                    raise Unfit
        if "hosts" in data_keys:
            data_keys.remove("hosts")
            data__hosts = data["hosts"]
            if not isinstance(data__hosts, (list)):
                raise Unfit
            data__hosts_is_list = isinstance(data__hosts, (list))
            if data__hosts_is_list:
                data__hosts_len = len(data__hosts)
                for data__hosts_x, data__hosts_item in enumerate(data__hosts):
                    if not isinstance(data__hosts_item, (str)):
                        raise Unfit
                    if isinstance(data__hosts_item, str):
                        data__hosts_item_len = len(data__hosts_item)
                        if data__hosts_item_len < 1:
                            raise Unfit
                        if data__hosts_item_len > 253:
                            raise Unfit
        if "secure_cookie" in data_keys:
            data_keys.remove("secure_cookie")
            data__securecookie = data["secure_cookie"]
            if not isinstance(data__securecookie, (bool)):
                raise Unfit
        if "session_hours" in data_keys:
            data_keys.remove("session_hours")
            data__sessionhours = data["session_hours"]
            if not isinstance(data__sessionhours, (int, float)) or isinstance(data__sessionhours, bool):
                raise Unfit
            if isinstance(data__sessionhours, (int, float)) and not isinstance(data__sessionhours, bool):
                if data__sessionhours < 0.1:
                    raise Unfit
                if data__sessionhours > 168:
                    raise Unfit
        if "questions" in data_keys:
            data_keys.remove("questions")
            data__questions = data["questions"]
            if not isinstance(data__questions, (dict)):
                raise Unfit
            data__questions_is_dict = isinstance(data__questions, dict)
            if data__questions_is_dict:
                data__questions_keys = set(data__questions.keys())
                if "stackstorm_url" in data__questions_keys:
                    data__questions_keys.remove("stackstorm_url")
                    data__questions__stackstormurl = data__questions["stackstorm_url"]
                    if not isinstance(data__questions__stackstormurl, (str)):
                        raise Unfit
                    if isinstance(data__questions__stackstormurl, str):
                        data__questions__stackstormurl_len = len(data__questions__stackstormurl)
                        if data__questions__stackstormurl_len > 255:
                            raise Unfit
                        if not REGEX_PATTERNS['^https?://[^ /]+(/[^ ]*)?$(?!\\n)'].search(data__questions__stackstormurl):
                            raise Unfit
                if "api_key" in data__questions_keys:
                    data__questions_keys.remove("api_key")
                    data__questions__apikey = data__questions["api_key"]
                    if not isinstance(data__questions__apikey, (str)):
                        raise Unfit
                    if isinstance(data__questions__apikey, str):
                        data__questions__apikey_len = len(data__questions__apikey)
                        if data__questions__apikey_len < 1:
                            raise Unfit
                if "api_key_file" in data__questions_keys:
                    data__questions_keys.remove("api_key_file")
                    data__questions__apikeyfile = data__questions["api_key_file"]
                    if not isinstance(data__questions__apikeyfile, (str)):
                        raise Unfit
                    if isinstance(data__questions__apikeyfile, str):
                        if not REGEX_PATTERNS['^/'].search(data__questions__apikeyfile):
                            raise Unfit
                if "ca_file" in data__questions_keys:
                    data__questions_keys.remove("ca_file")
                    data__questions__cafile = data__questions["ca_file"]
                    if not isinstance(data__questions__cafile, (str)):
                        raise Unfit
                    if isinstance(data__questions__cafile, str):
                        data__questions__cafile_len = len(data__questions__cafile)
                        if data__questions__cafile_len < 1:
                            raise Unfit
                if "engine_socket" in data__questions_keys:
                    data__questions_keys.remove("engine_socket")
                    data__questions__enginesocket = data__questions["engine_socket"]
                    if not isinstance(data__questions__enginesocket, (str)):
                        raise Unfit
                    if isinstance(data__questions__enginesocket, str):
                        data__questions__enginesocket_len = len(data__questions__enginesocket)
                        if data__questions__enginesocket_len < 1:
                            raise Unfit
                if data__questions_keys:
                    raise Unfit
        if "proxy" in data_keys:
            data_keys.remove("proxy")
            data__proxy = data["proxy"]
            if not isinstance(data__proxy, (dict)):
                raise Unfit
            data__proxy_is_dict = isinstance(data__proxy, dict)
            if data__proxy_is_dict:
                data__proxy__missing_keys = set(['header', 'addresses', 'roles']) - data__proxy.keys()
                if data__proxy__missing_keys:
                    raise Unfit
                data__proxy_keys = set(data__proxy.keys())
                if "header" in data__proxy_keys:
                    data__proxy_keys.remove("header")
                    data__proxy__header = data__proxy["header"]
                    if not isinstance(data__proxy__header, (str)):
                        raise Unfit
                    if isinstance(data__proxy__header, str):
                        if not REGEX_PATTERNS['^[A-Za-z0-9-]{1,64}$(?!\\n)'].search(data__proxy__header):
                            raise Unfit
                if "addresses" in data__proxy_keys:
                    data__proxy_keys.remove("addresses")
                    data__proxy__addresses = data__proxy["addresses"]
                    if not isinstance(data__proxy__addresses, (list)):
                        raise Unfit
                    data__proxy__addresses_is_list = isinstance(data__proxy__addresses, (list))
                    if data__proxy__addresses_is_list:
                        data__proxy__addresses_len = len(data__proxy__addresses)
                        if data__proxy__addresses_len < 1:
                            raise Unfit
                        for data__proxy__addresses_x, data__proxy__addresses_item in enumerate(data__proxy__addresses):
                            if not isinstance(data__proxy__addresses_item, (str)):
                                raise Unfit
                            if isinstance(data__proxy__addresses_item, str):
                                data__proxy__addresses_item_len = len(data__proxy__addresses_item)
                                if data__proxy__addresses_item_len < 2:
                                    raise Unfit
                                if data__proxy__addresses_item_len > 45:
                                    raise Unfit
                if "roles" in data__proxy_keys:
                    data__proxy_keys.remove("roles")
                    data__proxy__roles = data__proxy["roles"]
                    if not isinstance(data__proxy__roles, (dict)):
                        raise Unfit
                    data__proxy__roles_is_dict = isinstance(data__proxy__roles, dict)
                    if data__proxy__roles_is_dict:
                        data__proxy__roles_len = len(data__proxy__roles)
                        if data__proxy__roles_len < 1:
                            raise Unfit
                        data__proxy__roles_keys = set(data__proxy__roles.keys())
                        for data__proxy__roles_key in data__proxy__roles_keys:
                            if data__proxy__roles_key not in []:
                                data__proxy__roles_value = data__proxy__roles.get(data__proxy__roles_key)
                                if not (isinstance(data__proxy__roles_value, str) and data__proxy__roles_value == 'read' or isinstance(data__proxy__roles_value, str) and data__proxy__roles_value == 'operate' or isinstance(data__proxy__roles_value, str) and data__proxy__roles_value == 'admin'):
                                    raise Unfit
                if data__proxy_keys:
                    raise Unfit
        if data_keys:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
}
