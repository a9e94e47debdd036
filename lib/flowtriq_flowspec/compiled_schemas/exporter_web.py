"""Generated from schemas/exporter_web.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^TLS_ECDHE_(RSA|ECDSA)_WITH_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305(_SHA256)?)$': re.compile('^TLS_ECDHE_(RSA|ECDSA)_WITH_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305(_SHA256)?)\\Z'),
    '^[ -~]+$(?!\\n)': re.compile('^[ -~]+\\Z(?!\\n)'),
    '^\\$2[abxy]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}$(?!\\n)': re.compile('^\\$2[abxy]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}\\Z(?!\\n)'),
    '^[^:]+$': re.compile('^[^:]+\\Z'),
    '^(0|[0-9]{1,6}(ms|s|m))$(?!\\n)': re.compile('^(0|[0-9]{1,6}(ms|s|m))\\Z(?!\\n)')
}

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "tls_server_config" in data_keys:
            data_keys.remove("tls_server_config")
            data__tlsserverconfig = data["tls_server_config"]
            if not isinstance(data__tlsserverconfig, (dict)):
                raise Unfit
            data__tlsserverconfig_is_dict = isinstance(data__tlsserverconfig, dict)
            if data__tlsserverconfig_is_dict:
                data__tlsserverconfig_keys = set(data__tlsserverconfig.keys())
                if "cert_file" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("cert_file")
                    data__tlsserverconfig__certfile = data__tlsserverconfig["cert_file"]
                    if not isinstance(data__tlsserverconfig__certfile, (str)):
                        raise Unfit
                    if isinstance(data__tlsserverconfig__certfile, str):
                        data__tlsserverconfig__certfile_len = len(data__tlsserverconfig__certfile)
                        if data__tlsserverconfig__certfile_len < 1:
                            raise Unfit
                if "key_file" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("key_file")
                    data__tlsserverconfig__keyfile = data__tlsserverconfig["key_file"]
                    if not isinstance(data__tlsserverconfig__keyfile, (str)):
                        raise Unfit
                    if isinstance(data__tlsserverconfig__keyfile, str):
                        data__tlsserverconfig__keyfile_len = len(data__tlsserverconfig__keyfile)
                        if data__tlsserverconfig__keyfile_len < 1:
                            raise Unfit
                if "cert" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("cert")
                    data__tlsserverconfig__cert = data__tlsserverconfig["cert"]
                    if not isinstance(data__tlsserverconfig__cert, (str)):
                        raise Unfit
                    if isinstance(data__tlsserverconfig__cert, str):
                        data__tlsserverconfig__cert_len = len(data__tlsserverconfig__cert)
                        if data__tlsserverconfig__cert_len < 1:
                            raise Unfit
                if "key" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("key")
                    data__tlsserverconfig__key = data__tlsserverconfig["key"]
                    if not isinstance(data__tlsserverconfig__key, (str)):
                        raise Unfit
                    if isinstance(data__tlsserverconfig__key, str):
                        data__tlsserverconfig__key_len = len(data__tlsserverconfig__key)
                        if data__tlsserverconfig__key_len < 1:
                            raise Unfit
                if "client_auth_type" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("client_auth_type")
                    data__tlsserverconfig__clientauthtype = data__tlsserverconfig["client_auth_type"]
                    if not (isinstance(data__tlsserverconfig__clientauthtype, str) and data__tlsserverconfig__clientauthtype == 'NoClientCert' or isinstance(data__tlsserverconfig__clientauthtype, str) and data__tlsserverconfig__clientauthtype == 'VerifyClientCertIfGiven' or isinstance(data__tlsserverconfig__clientauthtype, str) and data__tlsserverconfig__clientauthtype == 'RequireAndVerifyClientCert'):
                        raise Unfit
                if "client_ca_file" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("client_ca_file")
                    data__tlsserverconfig__clientcafile = data__tlsserverconfig["client_ca_file"]
                    if not isinstance(data__tlsserverconfig__clientcafile, (str)):
                        raise Unfit
                    if isinstance(data__tlsserverconfig__clientcafile, str):
                        data__tlsserverconfig__clientcafile_len = len(data__tlsserverconfig__clientcafile)
                        if data__tlsserverconfig__clientcafile_len < 1:
                            raise Unfit
                if "client_ca" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("client_ca")
                    data__tlsserverconfig__clientca = data__tlsserverconfig["client_ca"]
                    if not isinstance(data__tlsserverconfig__clientca, (str)):
                        raise Unfit
                    if isinstance(data__tlsserverconfig__clientca, str):
                        data__tlsserverconfig__clientca_len = len(data__tlsserverconfig__clientca)
                        if data__tlsserverconfig__clientca_len < 1:
                            raise Unfit
                if "client_allowed_sans" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("client_allowed_sans")
                    data__tlsserverconfig__clientallowedsans = data__tlsserverconfig["client_allowed_sans"]
                    if not isinstance(data__tlsserverconfig__clientallowedsans, (list)):
                        raise Unfit
                    data__tlsserverconfig__clientallowedsans_is_list = isinstance(data__tlsserverconfig__clientallowedsans, (list))
                    if data__tlsserverconfig__clientallowedsans_is_list:
                        data__tlsserverconfig__clientallowedsans_len = len(data__tlsserverconfig__clientallowedsans)
                        for data__tlsserverconfig__clientallowedsans_x, data__tlsserverconfig__clientallowedsans_item in enumerate(data__tlsserverconfig__clientallowedsans):
                            if not isinstance(data__tlsserverconfig__clientallowedsans_item, (str)):
                                raise Unfit
                            if isinstance(data__tlsserverconfig__clientallowedsans_item, str):
                                data__tlsserverconfig__clientallowedsans_item_len = len(data__tlsserverconfig__clientallowedsans_item)
                                if data__tlsserverconfig__clientallowedsans_item_len < 1:
                                    raise Unfit
                if "min_version" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("min_version")
                    data__tlsserverconfig__minversion = data__tlsserverconfig["min_version"]
                    if not (isinstance(data__tlsserverconfig__minversion, str) and data__tlsserverconfig__minversion == 'TLS12' or isinstance(data__tlsserverconfig__minversion, str) and data__tlsserverconfig__minversion == 'TLS13'):
                        raise Unfit
                if "max_version" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("max_version")
                    data__tlsserverconfig__maxversion = data__tlsserverconfig["max_version"]
                    if not (isinstance(data__tlsserverconfig__maxversion, str) and data__tlsserverconfig__maxversion == 'TLS12' or isinstance(data__tlsserverconfig__maxversion, str) and data__tlsserverconfig__maxversion == 'TLS13'):
                        raise Unfit
                if "cipher_suites" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("cipher_suites")
                    data__tlsserverconfig__ciphersuites = data__tlsserverconfig["cipher_suites"]
                    if not isinstance(data__tlsserverconfig__ciphersuites, (list)):
                        raise Unfit
                    data__tlsserverconfig__ciphersuites_is_list = isinstance(data__tlsserverconfig__ciphersuites, (list))
                    if data__tlsserverconfig__ciphersuites_is_list:
                        data__tlsserverconfig__ciphersuites_len = len(data__tlsserverconfig__ciphersuites)
                        if data__tlsserverconfig__ciphersuites_len < 1:
                            raise Unfit
                        for data__tlsserverconfig__ciphersuites_x, data__tlsserverconfig__ciphersuites_item in enumerate(data__tlsserverconfig__ciphersuites):
                            if not isinstance(data__tlsserverconfig__ciphersuites_item, (str)):
                                raise Unfit
                            if isinstance(data__tlsserverconfig__ciphersuites_item, str):
                                if not REGEX_PATTERNS['^TLS_ECDHE_(RSA|ECDSA)_WITH_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305(_SHA256)?)$'].search(data__tlsserverconfig__ciphersuites_item):
                                    raise Unfit
                if "prefer_server_cipher_suites" in data__tlsserverconfig_keys:
                    data__tlsserverconfig_keys.remove("prefer_server_cipher_suites")
                    data__tlsserverconfig__preferserverciphersuites = data__tlsserverconfig["prefer_server_cipher_suites"]
                    if not isinstance(data__tlsserverconfig__preferserverciphersuites, (bool)):
                        raise Unfit
                if data__tlsserverconfig_keys:
                    raise Unfit
        if "http_server_config" in data_keys:
            data_keys.remove("http_server_config")
            data__httpserverconfig = data["http_server_config"]
            if not isinstance(data__httpserverconfig, (dict)):
                raise Unfit
            data__httpserverconfig_is_dict = isinstance(data__httpserverconfig, dict)
            if data__httpserverconfig_is_dict:
                data__httpserverconfig_keys = set(data__httpserverconfig.keys())
                if "http2" in data__httpserverconfig_keys:
                    data__httpserverconfig_keys.remove("http2")
                    data__httpserverconfig__http2 = data__httpserverconfig["http2"]
                    if not isinstance(data__httpserverconfig__http2, (bool)):
                        raise Unfit
                if "headers" in data__httpserverconfig_keys:
                    data__httpserverconfig_keys.remove("headers")
                    data__httpserverconfig__headers = data__httpserverconfig["headers"]
                    if not isinstance(data__httpserverconfig__headers, (dict)):
                        raise Unfit
                    data__httpserverconfig__headers_is_dict = isinstance(data__httpserverconfig__headers, dict)
                    if data__httpserverconfig__headers_is_dict:
                        data__httpserverconfig__headers_keys = set(data__httpserverconfig__headers.keys())
                        if "Content-Security-Policy" in data__httpserverconfig__headers_keys:
                            data__httpserverconfig__headers_keys.remove("Content-Security-Policy")
                            data__httpserverconfig__headers__ContentSecurityPolicy = data__httpserverconfig__headers["Content-Security-Policy"]
                            if not isinstance(data__httpserverconfig__headers__ContentSecurityPolicy, (str)):
                                raise Unfit
                            if isinstance(data__httpserverconfig__headers__ContentSecurityPolicy, str):
                                if not REGEX_PATTERNS['^[ -~]+$(?!\\n)'].search(data__httpserverconfig__headers__ContentSecurityPolicy):
                                    raise Unfit
                        if "X-Frame-Options" in data__httpserverconfig__headers_keys:
                            data__httpserverconfig__headers_keys.remove("X-Frame-Options")
                            data__httpserverconfig__headers__XFrameOptions = data__httpserverconfig__headers["X-Frame-Options"]
                            if not isinstance(data__httpserverconfig__headers__XFrameOptions, (str)):
                                raise Unfit
                            if isinstance(data__httpserverconfig__headers__XFrameOptions, str):
                                if not REGEX_PATTERNS['^[ -~]+$(?!\\n)'].search(data__httpserverconfig__headers__XFrameOptions):
                                    raise Unfit
                        if "X-Content-Type-Options" in data__httpserverconfig__headers_keys:
                            data__httpserverconfig__headers_keys.remove("X-Content-Type-Options")
                            data__httpserverconfig__headers__XContentTypeOptions = data__httpserverconfig__headers["X-Content-Type-Options"]
                            if not isinstance(data__httpserverconfig__headers__XContentTypeOptions, (str)):
                                raise Unfit
                            if isinstance(data__httpserverconfig__headers__XContentTypeOptions, str):
                                if not REGEX_PATTERNS['^[ -~]+$(?!\\n)'].search(data__httpserverconfig__headers__XContentTypeOptions):
                                    raise Unfit
                        if "X-XSS-Protection" in data__httpserverconfig__headers_keys:
                            data__httpserverconfig__headers_keys.remove("X-XSS-Protection")
                            data__httpserverconfig__headers__XXSSProtection = data__httpserverconfig__headers["X-XSS-Protection"]
                            if not isinstance(data__httpserverconfig__headers__XXSSProtection, (str)):
                                raise Unfit
                            if isinstance(data__httpserverconfig__headers__XXSSProtection, str):
                                if not REGEX_PATTERNS['^[ -~]+$(?!\\n)'].search(data__httpserverconfig__headers__XXSSProtection):
                                    raise Unfit
                        if "Strict-Transport-Security" in data__httpserverconfig__headers_keys:
                            data__httpserverconfig__headers_keys.remove("Strict-Transport-Security")
                            data__httpserverconfig__headers__StrictTransportSecurity = data__httpserverconfig__headers["Strict-Transport-Security"]
                            if not isinstance(data__httpserverconfig__headers__StrictTransportSecurity, (str)):
                                raise Unfit
                            if isinstance(data__httpserverconfig__headers__StrictTransportSecurity, str):
                                if not REGEX_PATTERNS['^[ -~]+$(?!\\n)'].search(data__httpserverconfig__headers__StrictTransportSecurity):
                                    raise Unfit
                        if data__httpserverconfig__headers_keys:
                            raise Unfit
                if data__httpserverconfig_keys:
                    raise Unfit
        if "basic_auth_users" in data_keys:
            data_keys.remove("basic_auth_users")
            data__basicauthusers = data["basic_auth_users"]
            if not isinstance(data__basicauthusers, (dict)):
                raise Unfit
            data__basicauthusers_is_dict = isinstance(data__basicauthusers, dict)
            if data__basicauthusers_is_dict:
                data__basicauthusers_keys = set(data__basicauthusers.keys())
                for data__basicauthusers_key in data__basicauthusers_keys:
                    if data__basicauthusers_key not in []:
                        data__basicauthusers_value = data__basicauthusers.get(data__basicauthusers_key)
                        if not isinstance(data__basicauthusers_value, (str)):
                            raise Unfit
                        if isinstance(data__basicauthusers_value, str):
                            if not REGEX_PATTERNS['^\\$2[abxy]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}$(?!\\n)'].search(data__basicauthusers_value):
                                raise Unfit
                data__basicauthusers_len = len(data__basicauthusers)
                if data__basicauthusers_len != 0:
                    data__basicauthusers_property_names = True
                    for data__basicauthusers_key in data__basicauthusers:
                        try:
                            if isinstance(data__basicauthusers_key, str):
                                if not REGEX_PATTERNS['^[^:]+$'].search(data__basicauthusers_key):
                                    raise Unfit
                        except Unfit:
                            data__basicauthusers_property_names = False
                    if not data__basicauthusers_property_names:
                        raise Unfit
        if "rate_limit" in data_keys:
            data_keys.remove("rate_limit")
            data__ratelimit = data["rate_limit"]
            if not isinstance(data__ratelimit, (dict)):
                raise Unfit
            data__ratelimit_is_dict = isinstance(data__ratelimit, dict)
            if data__ratelimit_is_dict:
                data__ratelimit__missing_keys = set(['interval']) - data__ratelimit.keys()
                if data__ratelimit__missing_keys:
                    raise Unfit
                data__ratelimit_keys = set(data__ratelimit.keys())
                if "interval" in data__ratelimit_keys:
                    data__ratelimit_keys.remove("interval")
                    data__ratelimit__interval = data__ratelimit["interval"]
                    if not isinstance(data__ratelimit__interval, (str, int)) and not (isinstance(data__ratelimit__interval, float) and data__ratelimit__interval.is_integer()) or isinstance(data__ratelimit__interval, bool):
                        raise Unfit
                    if isinstance(data__ratelimit__interval, str):
                        if not REGEX_PATTERNS['^(0|[0-9]{1,6}(ms|s|m))$(?!\\n)'].search(data__ratelimit__interval):
                            raise Unfit
                    if isinstance(data__ratelimit__interval, (int, float)) and not isinstance(data__ratelimit__interval, bool):
                        if data__ratelimit__interval < 0:
                            raise Unfit
                        if data__ratelimit__interval > 0:
                            raise Unfit
                if "burst" in data__ratelimit_keys:
                    data__ratelimit_keys.remove("burst")
                    data__ratelimit__burst = data__ratelimit["burst"]
                    if not isinstance(data__ratelimit__burst, (int)) and not (isinstance(data__ratelimit__burst, float) and data__ratelimit__burst.is_integer()) or isinstance(data__ratelimit__burst, bool):
                        raise Unfit
                    if isinstance(data__ratelimit__burst, (int, float)) and not isinstance(data__ratelimit__burst, bool):
                        if data__ratelimit__burst < 1:
                            raise Unfit
                        if data__ratelimit__burst > 1000000:
                            raise Unfit
                if data__ratelimit_keys:
                    raise Unfit
        if data_keys:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
}
