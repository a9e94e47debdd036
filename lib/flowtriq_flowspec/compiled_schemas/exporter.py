"""Generated from schemas/exporter.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^[!-~]{1,127}$': re.compile('^[!-~]{1,127}\\Z')
}

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['adapters']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "adapters" in data_keys:
            data_keys.remove("adapters")
            data__adapters = data["adapters"]
            if not isinstance(data__adapters, (list)):
                raise Unfit
            data__adapters_is_list = isinstance(data__adapters, (list))
            if data__adapters_is_list:
                data__adapters_len = len(data__adapters)
                if data__adapters_len < 1:
                    raise Unfit
                for data__adapters_x, data__adapters_item in enumerate(data__adapters):
                    if not isinstance(data__adapters_item, (dict)):
                        raise Unfit
                    data__adapters_item_is_dict = isinstance(data__adapters_item, dict)
                    if data__adapters_item_is_dict:
                        data__adapters_item__missing_keys = set(['provider', 'adapter_socket']) - data__adapters_item.keys()
                        if data__adapters_item__missing_keys:
                            raise Unfit
                        data__adapters_item_keys = set(data__adapters_item.keys())
                        if "provider" in data__adapters_item_keys:
                            data__adapters_item_keys.remove("provider")
                            data__adapters_item__provider = data__adapters_item["provider"]
                            if not isinstance(data__adapters_item__provider, (str)):
                                raise Unfit
                            if isinstance(data__adapters_item__provider, str):
                                data__adapters_item__provider_len = len(data__adapters_item__provider)
                                if data__adapters_item__provider_len < 1:
                                    raise Unfit
                                if data__adapters_item__provider_len > 200:
                                    raise Unfit
                        if "adapter_socket" in data__adapters_item_keys:
                            data__adapters_item_keys.remove("adapter_socket")
                            data__adapters_item__adaptersocket = data__adapters_item["adapter_socket"]
                            if not isinstance(data__adapters_item__adaptersocket, (str)):
                                raise Unfit
                            if isinstance(data__adapters_item__adaptersocket, str):
                                data__adapters_item__adaptersocket_len = len(data__adapters_item__adaptersocket)
                                if data__adapters_item__adaptersocket_len < 1:
                                    raise Unfit
                        if "token_file" in data__adapters_item_keys:
                            data__adapters_item_keys.remove("token_file")
                            data__adapters_item__tokenfile = data__adapters_item["token_file"]
                            if not isinstance(data__adapters_item__tokenfile, (str)):
                                raise Unfit
                            if isinstance(data__adapters_item__tokenfile, str):
                                data__adapters_item__tokenfile_len = len(data__adapters_item__tokenfile)
                                if data__adapters_item__tokenfile_len < 1:
                                    raise Unfit
                        if data__adapters_item_keys:
                            raise Unfit
        if "routers" in data_keys:
            data_keys.remove("routers")
            data__routers = data["routers"]
            if not isinstance(data__routers, (list)):
                raise Unfit
            data__routers_is_list = isinstance(data__routers, (list))
            if data__routers_is_list:
                data__routers_len = len(data__routers)
                if data__routers_len < 1:
                    raise Unfit
                if data__routers_len > 32:
                    raise Unfit
                for data__routers_x, data__routers_item in enumerate(data__routers):
                    if not isinstance(data__routers_item, (dict)):
                        raise Unfit
                    data__routers_item_is_dict = isinstance(data__routers_item, dict)
                    if data__routers_item_is_dict:
                        data__routers_item__missing_keys = set(['provider', 'address', 'counters']) - data__routers_item.keys()
                        if data__routers_item__missing_keys:
                            raise Unfit
                        data__routers_item_keys = set(data__routers_item.keys())
                        if "provider" in data__routers_item_keys:
                            data__routers_item_keys.remove("provider")
                            data__routers_item__provider = data__routers_item["provider"]
                            if not isinstance(data__routers_item__provider, (str)):
                                raise Unfit
                        if "address" in data__routers_item_keys:
                            data__routers_item_keys.remove("address")
                            data__routers_item__address = data__routers_item["address"]
                            if not isinstance(data__routers_item__address, (str)):
                                raise Unfit
                            if isinstance(data__routers_item__address, str):
                                data__routers_item__address_len = len(data__routers_item__address)
                                if data__routers_item__address_len < 1:
                                    raise Unfit
                                if data__routers_item__address_len > 60:
                                    raise Unfit
                        if "counters" in data__routers_item_keys:
                            data__routers_item_keys.remove("counters")
                            data__routers_item__counters = data__routers_item["counters"]
                            if not isinstance(data__routers_item__counters, (str)):
                                raise Unfit
                            if not (isinstance(data__routers_item__counters, str) and data__routers_item__counters == 'juniper'):
                                raise Unfit
                        if "policer_counts" in data__routers_item_keys:
                            data__routers_item_keys.remove("policer_counts")
                            data__routers_item__policercounts = data__routers_item["policer_counts"]
                            if not isinstance(data__routers_item__policercounts, (str)):
                                raise Unfit
                            if not (isinstance(data__routers_item__policercounts, str) and data__routers_item__policercounts == 'dropped' or isinstance(data__routers_item__policercounts, str) and data__routers_item__policercounts == 'passed'):
                                raise Unfit
                        if "filters" in data__routers_item_keys:
                            data__routers_item_keys.remove("filters")
                            data__routers_item__filters = data__routers_item["filters"]
                            if not isinstance(data__routers_item__filters, (list)):
                                raise Unfit
                            data__routers_item__filters_is_list = isinstance(data__routers_item__filters, (list))
                            if data__routers_item__filters_is_list:
                                data__routers_item__filters_len = len(data__routers_item__filters)
                                if data__routers_item__filters_len < 1:
                                    raise Unfit
                                if data__routers_item__filters_len > 32:
                                    raise Unfit
                                def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                                if data__routers_item__filters_len > len(set(fn(data__routers_item__filters_x) for data__routers_item__filters_x in data__routers_item__filters)):
                                    raise Unfit
                                for data__routers_item__filters_x, data__routers_item__filters_item in enumerate(data__routers_item__filters):
                                    if not isinstance(data__routers_item__filters_item, (str)):
                                        raise Unfit
                                    if isinstance(data__routers_item__filters_item, str):
                                        if not REGEX_PATTERNS['^[!-~]{1,127}$'].search(data__routers_item__filters_item):
                                            raise Unfit
                        if "snmp_v3" in data__routers_item_keys:
                            data__routers_item_keys.remove("snmp_v3")
                            data__routers_item__snmpv3 = data__routers_item["snmp_v3"]
                            if not isinstance(data__routers_item__snmpv3, (dict)):
                                raise Unfit
                            data__routers_item__snmpv3_is_dict = isinstance(data__routers_item__snmpv3, dict)
                            if data__routers_item__snmpv3_is_dict:
                                data__routers_item__snmpv3__missing_keys = set(['user', 'auth_passphrase_file', 'priv_passphrase_file']) - data__routers_item__snmpv3.keys()
                                if data__routers_item__snmpv3__missing_keys:
                                    raise Unfit
                                data__routers_item__snmpv3_keys = set(data__routers_item__snmpv3.keys())
                                if "user" in data__routers_item__snmpv3_keys:
                                    data__routers_item__snmpv3_keys.remove("user")
                                    data__routers_item__snmpv3__user = data__routers_item__snmpv3["user"]
                                    if not isinstance(data__routers_item__snmpv3__user, (str)):
                                        raise Unfit
                                    if isinstance(data__routers_item__snmpv3__user, str):
                                        data__routers_item__snmpv3__user_len = len(data__routers_item__snmpv3__user)
                                        if data__routers_item__snmpv3__user_len < 1:
                                            raise Unfit
                                        if data__routers_item__snmpv3__user_len > 32:
                                            raise Unfit
                                if "auth_protocol" in data__routers_item__snmpv3_keys:
                                    data__routers_item__snmpv3_keys.remove("auth_protocol")
                                    data__routers_item__snmpv3__authprotocol = data__routers_item__snmpv3["auth_protocol"]
                                    if not isinstance(data__routers_item__snmpv3__authprotocol, (str)):
                                        raise Unfit
                                    if not (isinstance(data__routers_item__snmpv3__authprotocol, str) and data__routers_item__snmpv3__authprotocol == 'sha' or isinstance(data__routers_item__snmpv3__authprotocol, str) and data__routers_item__snmpv3__authprotocol == 'sha224' or isinstance(data__routers_item__snmpv3__authprotocol, str) and data__routers_item__snmpv3__authprotocol == 'sha256' or isinstance(data__routers_item__snmpv3__authprotocol, str) and data__routers_item__snmpv3__authprotocol == 'sha384' or isinstance(data__routers_item__snmpv3__authprotocol, str) and data__routers_item__snmpv3__authprotocol == 'sha512'):
                                        raise Unfit
                                if "auth_passphrase_file" in data__routers_item__snmpv3_keys:
                                    data__routers_item__snmpv3_keys.remove("auth_passphrase_file")
                                    data__routers_item__snmpv3__authpassphrasefile = data__routers_item__snmpv3["auth_passphrase_file"]
                                    if not isinstance(data__routers_item__snmpv3__authpassphrasefile, (str)):
                                        raise Unfit
                                    if isinstance(data__routers_item__snmpv3__authpassphrasefile, str):
                                        data__routers_item__snmpv3__authpassphrasefile_len = len(data__routers_item__snmpv3__authpassphrasefile)
                                        if data__routers_item__snmpv3__authpassphrasefile_len < 1:
                                            raise Unfit
                                if "priv_passphrase_file" in data__routers_item__snmpv3_keys:
                                    data__routers_item__snmpv3_keys.remove("priv_passphrase_file")
                                    data__routers_item__snmpv3__privpassphrasefile = data__routers_item__snmpv3["priv_passphrase_file"]
                                    if not isinstance(data__routers_item__snmpv3__privpassphrasefile, (str)):
                                        raise Unfit
                                    if isinstance(data__routers_item__snmpv3__privpassphrasefile, str):
                                        data__routers_item__snmpv3__privpassphrasefile_len = len(data__routers_item__snmpv3__privpassphrasefile)
                                        if data__routers_item__snmpv3__privpassphrasefile_len < 1:
                                            raise Unfit
                                if data__routers_item__snmpv3_keys:
                                    raise Unfit
                        if "snmp_v2c" in data__routers_item_keys:
                            data__routers_item_keys.remove("snmp_v2c")
                            data__routers_item__snmpv2c = data__routers_item["snmp_v2c"]
                            if not isinstance(data__routers_item__snmpv2c, (dict)):
                                raise Unfit
                            data__routers_item__snmpv2c_is_dict = isinstance(data__routers_item__snmpv2c, dict)
                            if data__routers_item__snmpv2c_is_dict:
                                data__routers_item__snmpv2c__missing_keys = set(['community_file']) - data__routers_item__snmpv2c.keys()
                                if data__routers_item__snmpv2c__missing_keys:
                                    raise Unfit
                                data__routers_item__snmpv2c_keys = set(data__routers_item__snmpv2c.keys())
                                if "community_file" in data__routers_item__snmpv2c_keys:
                                    data__routers_item__snmpv2c_keys.remove("community_file")
                                    data__routers_item__snmpv2c__communityfile = data__routers_item__snmpv2c["community_file"]
                                    if not isinstance(data__routers_item__snmpv2c__communityfile, (str)):
                                        raise Unfit
                                    if isinstance(data__routers_item__snmpv2c__communityfile, str):
                                        data__routers_item__snmpv2c__communityfile_len = len(data__routers_item__snmpv2c__communityfile)
                                        if data__routers_item__snmpv2c__communityfile_len < 1:
                                            raise Unfit
                                if data__routers_item__snmpv2c_keys:
                                    raise Unfit
                        if data__routers_item_keys:
                            raise Unfit
        if "verdicts" in data_keys:
            data_keys.remove("verdicts")
            data__verdicts = data["verdicts"]
            if not isinstance(data__verdicts, (dict)):
                raise Unfit
            data__verdicts_is_dict = isinstance(data__verdicts, dict)
            if data__verdicts_is_dict:
                data__verdicts_keys = set(data__verdicts.keys())
                if "no_hits_after_seconds" in data__verdicts_keys:
                    data__verdicts_keys.remove("no_hits_after_seconds")
                    data__verdicts__nohitsafterseconds = data__verdicts["no_hits_after_seconds"]
                    if not isinstance(data__verdicts__nohitsafterseconds, (int, float)) or isinstance(data__verdicts__nohitsafterseconds, bool):
                        raise Unfit
                    if isinstance(data__verdicts__nohitsafterseconds, (int, float)) and not isinstance(data__verdicts__nohitsafterseconds, bool):
                        if data__verdicts__nohitsafterseconds < 10:
                            raise Unfit
                        if data__verdicts__nohitsafterseconds > 86400:
                            raise Unfit
                if "faded_after_seconds" in data__verdicts_keys:
                    data__verdicts_keys.remove("faded_after_seconds")
                    data__verdicts__fadedafterseconds = data__verdicts["faded_after_seconds"]
                    if not isinstance(data__verdicts__fadedafterseconds, (int, float)) or isinstance(data__verdicts__fadedafterseconds, bool):
                        raise Unfit
                    if isinstance(data__verdicts__fadedafterseconds, (int, float)) and not isinstance(data__verdicts__fadedafterseconds, bool):
                        if data__verdicts__fadedafterseconds < 10:
                            raise Unfit
                        if data__verdicts__fadedafterseconds > 86400:
                            raise Unfit
                if "over_limit_factor" in data__verdicts_keys:
                    data__verdicts_keys.remove("over_limit_factor")
                    data__verdicts__overlimitfactor = data__verdicts["over_limit_factor"]
                    if not isinstance(data__verdicts__overlimitfactor, (int, float)) or isinstance(data__verdicts__overlimitfactor, bool):
                        raise Unfit
                    if isinstance(data__verdicts__overlimitfactor, (int, float)) and not isinstance(data__verdicts__overlimitfactor, bool):
                        if data__verdicts__overlimitfactor < 1:
                            raise Unfit
                        if data__verdicts__overlimitfactor > 1000:
                            raise Unfit
                if "far_more_factor" in data__verdicts_keys:
                    data__verdicts_keys.remove("far_more_factor")
                    data__verdicts__farmorefactor = data__verdicts["far_more_factor"]
                    if not isinstance(data__verdicts__farmorefactor, (int, float)) or isinstance(data__verdicts__farmorefactor, bool):
                        raise Unfit
                    if isinstance(data__verdicts__farmorefactor, (int, float)) and not isinstance(data__verdicts__farmorefactor, bool):
                        if data__verdicts__farmorefactor < 1:
                            raise Unfit
                        if data__verdicts__farmorefactor > 1000:
                            raise Unfit
                if "least_share" in data__verdicts_keys:
                    data__verdicts_keys.remove("least_share")
                    data__verdicts__leastshare = data__verdicts["least_share"]
                    if not isinstance(data__verdicts__leastshare, (int, float)) or isinstance(data__verdicts__leastshare, bool):
                        raise Unfit
                    if isinstance(data__verdicts__leastshare, (int, float)) and not isinstance(data__verdicts__leastshare, bool):
                        if data__verdicts__leastshare < 0:
                            raise Unfit
                        if data__verdicts__leastshare > 1:
                            raise Unfit
                if data__verdicts_keys:
                    raise Unfit
        if data_keys:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
}
