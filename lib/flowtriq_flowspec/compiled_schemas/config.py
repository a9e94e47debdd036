"""Generated from schemas/config.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^/': re.compile('^/'),
    '^https://[A-Za-z0-9.:\\[\\]-]+$(?!\\n)': re.compile('^https://[A-Za-z0-9.:\\[\\]-]+\\Z(?!\\n)'),
    '^https?://[A-Za-z0-9.:\\[\\]-]+$(?!\\n)': re.compile('^https?://[A-Za-z0-9.:\\[\\]-]+\\Z(?!\\n)'),
    '^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(bit/s|bps)?$(?!\\n)': re.compile('^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(bit/s|bps)?\\Z(?!\\n)'),
    '^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(packets/s|pps)?$(?!\\n)': re.compile('^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(packets/s|pps)?\\Z(?!\\n)'),
    '^[0-9]{1,5}:[0-9]{1,5}$(?!\\n)': re.compile('^[0-9]{1,5}:[0-9]{1,5}\\Z(?!\\n)'),
    '^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$(?!\\n)': re.compile('^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}\\Z(?!\\n)'),
    '^https?://[^ ]+$(?!\\n)': re.compile('^https?://[^ ]+\\Z(?!\\n)'),
    '^[0-9A-Za-z]+$(?!\\n)': re.compile('^[0-9A-Za-z]+\\Z(?!\\n)'),
    '^https?://': re.compile('^https?://'),
    '^[a-z][a-z0-9_]{0,31}$(?!\\n)': re.compile('^[a-z][a-z0-9_]{0,31}\\Z(?!\\n)'),
    '^\\$': re.compile('^\\$')
}

def fits_hmac_secret(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 4096:
            raise Unfit
    return data

def fits_json_path(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 256:
            raise Unfit
        if not REGEX_PATTERNS['^\\$'].search(data):
            raise Unfit
    return data

def fits_labels(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "target" in data_keys:
            data_keys.remove("target")
            data__target = data["target"]
            if not isinstance(data__target, (list)):
                raise Unfit
            data__target_is_list = isinstance(data__target, (list))
            if data__target_is_list:
                data__target_len = len(data__target)
                if data__target_len > 32:
                    raise Unfit
                for data__target_x, data__target_item in enumerate(data__target):
                    if not isinstance(data__target_item, (str)):
                        raise Unfit
                    if isinstance(data__target_item, str):
                        data__target_item_len = len(data__target_item)
                        if data__target_item_len < 1:
                            raise Unfit
                        if data__target_item_len > 256:
                            raise Unfit
        if "vector" in data_keys:
            data_keys.remove("vector")
            data__vector = data["vector"]
            if not isinstance(data__vector, (list)):
                raise Unfit
            data__vector_is_list = isinstance(data__vector, (list))
            if data__vector_is_list:
                data__vector_len = len(data__vector)
                if data__vector_len > 32:
                    raise Unfit
                for data__vector_x, data__vector_item in enumerate(data__vector):
                    if not isinstance(data__vector_item, (str)):
                        raise Unfit
                    if isinstance(data__vector_item, str):
                        data__vector_item_len = len(data__vector_item)
                        if data__vector_item_len < 1:
                            raise Unfit
                        if data__vector_item_len > 256:
                            raise Unfit
        if "severity" in data_keys:
            data_keys.remove("severity")
            data__severity = data["severity"]
            if not isinstance(data__severity, (list)):
                raise Unfit
            data__severity_is_list = isinstance(data__severity, (list))
            if data__severity_is_list:
                data__severity_len = len(data__severity)
                if data__severity_len > 32:
                    raise Unfit
                for data__severity_x, data__severity_item in enumerate(data__severity):
                    if not isinstance(data__severity_item, (str)):
                        raise Unfit
                    if isinstance(data__severity_item, str):
                        data__severity_item_len = len(data__severity_item)
                        if data__severity_item_len < 1:
                            raise Unfit
                        if data__severity_item_len > 256:
                            raise Unfit
        if "destination_port" in data_keys:
            data_keys.remove("destination_port")
            data__destinationport = data["destination_port"]
            if not isinstance(data__destinationport, (list)):
                raise Unfit
            data__destinationport_is_list = isinstance(data__destinationport, (list))
            if data__destinationport_is_list:
                data__destinationport_len = len(data__destinationport)
                if data__destinationport_len > 32:
                    raise Unfit
                for data__destinationport_x, data__destinationport_item in enumerate(data__destinationport):
                    if not isinstance(data__destinationport_item, (str)):
                        raise Unfit
                    if isinstance(data__destinationport_item, str):
                        data__destinationport_item_len = len(data__destinationport_item)
                        if data__destinationport_item_len < 1:
                            raise Unfit
                        if data__destinationport_item_len > 256:
                            raise Unfit
        if "source_port" in data_keys:
            data_keys.remove("source_port")
            data__sourceport = data["source_port"]
            if not isinstance(data__sourceport, (list)):
                raise Unfit
            data__sourceport_is_list = isinstance(data__sourceport, (list))
            if data__sourceport_is_list:
                data__sourceport_len = len(data__sourceport)
                if data__sourceport_len > 32:
                    raise Unfit
                for data__sourceport_x, data__sourceport_item in enumerate(data__sourceport):
                    if not isinstance(data__sourceport_item, (str)):
                        raise Unfit
                    if isinstance(data__sourceport_item, str):
                        data__sourceport_item_len = len(data__sourceport_item)
                        if data__sourceport_item_len < 1:
                            raise Unfit
                        if data__sourceport_item_len > 256:
                            raise Unfit
        if "source" in data_keys:
            data_keys.remove("source")
            data__source = data["source"]
            if not isinstance(data__source, (list)):
                raise Unfit
            data__source_is_list = isinstance(data__source, (list))
            if data__source_is_list:
                data__source_len = len(data__source)
                if data__source_len > 32:
                    raise Unfit
                for data__source_x, data__source_item in enumerate(data__source):
                    if not isinstance(data__source_item, (str)):
                        raise Unfit
                    if isinstance(data__source_item, str):
                        data__source_item_len = len(data__source_item)
                        if data__source_item_len < 1:
                            raise Unfit
                        if data__source_item_len > 256:
                            raise Unfit
        if "protocol" in data_keys:
            data_keys.remove("protocol")
            data__protocol = data["protocol"]
            if not isinstance(data__protocol, (list)):
                raise Unfit
            data__protocol_is_list = isinstance(data__protocol, (list))
            if data__protocol_is_list:
                data__protocol_len = len(data__protocol)
                if data__protocol_len > 32:
                    raise Unfit
                for data__protocol_x, data__protocol_item in enumerate(data__protocol):
                    if not isinstance(data__protocol_item, (str)):
                        raise Unfit
                    if isinstance(data__protocol_item, str):
                        data__protocol_item_len = len(data__protocol_item)
                        if data__protocol_item_len < 1:
                            raise Unfit
                        if data__protocol_item_len > 256:
                            raise Unfit
        if "packet_length" in data_keys:
            data_keys.remove("packet_length")
            data__packetlength = data["packet_length"]
            if not isinstance(data__packetlength, (list)):
                raise Unfit
            data__packetlength_is_list = isinstance(data__packetlength, (list))
            if data__packetlength_is_list:
                data__packetlength_len = len(data__packetlength)
                if data__packetlength_len > 32:
                    raise Unfit
                for data__packetlength_x, data__packetlength_item in enumerate(data__packetlength):
                    if not isinstance(data__packetlength_item, (str)):
                        raise Unfit
                    if isinstance(data__packetlength_item, str):
                        data__packetlength_item_len = len(data__packetlength_item)
                        if data__packetlength_item_len < 1:
                            raise Unfit
                        if data__packetlength_item_len > 256:
                            raise Unfit
        if "tcp_flags" in data_keys:
            data_keys.remove("tcp_flags")
            data__tcpflags = data["tcp_flags"]
            if not isinstance(data__tcpflags, (list)):
                raise Unfit
            data__tcpflags_is_list = isinstance(data__tcpflags, (list))
            if data__tcpflags_is_list:
                data__tcpflags_len = len(data__tcpflags)
                if data__tcpflags_len > 32:
                    raise Unfit
                for data__tcpflags_x, data__tcpflags_item in enumerate(data__tcpflags):
                    if not isinstance(data__tcpflags_item, (str)):
                        raise Unfit
                    if isinstance(data__tcpflags_item, str):
                        data__tcpflags_item_len = len(data__tcpflags_item)
                        if data__tcpflags_item_len < 1:
                            raise Unfit
                        if data__tcpflags_item_len > 256:
                            raise Unfit
        if "bps" in data_keys:
            data_keys.remove("bps")
            data__bps = data["bps"]
            if not isinstance(data__bps, (list)):
                raise Unfit
            data__bps_is_list = isinstance(data__bps, (list))
            if data__bps_is_list:
                data__bps_len = len(data__bps)
                if data__bps_len > 32:
                    raise Unfit
                for data__bps_x, data__bps_item in enumerate(data__bps):
                    if not isinstance(data__bps_item, (str)):
                        raise Unfit
                    if isinstance(data__bps_item, str):
                        data__bps_item_len = len(data__bps_item)
                        if data__bps_item_len < 1:
                            raise Unfit
                        if data__bps_item_len > 256:
                            raise Unfit
        if "pps" in data_keys:
            data_keys.remove("pps")
            data__pps = data["pps"]
            if not isinstance(data__pps, (list)):
                raise Unfit
            data__pps_is_list = isinstance(data__pps, (list))
            if data__pps_is_list:
                data__pps_len = len(data__pps)
                if data__pps_len > 32:
                    raise Unfit
                for data__pps_x, data__pps_item in enumerate(data__pps):
                    if not isinstance(data__pps_item, (str)):
                        raise Unfit
                    if isinstance(data__pps_item, str):
                        data__pps_item_len = len(data__pps_item)
                        if data__pps_item_len < 1:
                            raise Unfit
                        if data__pps_item_len > 256:
                            raise Unfit
        if data_keys:
            raise Unfit
    return data

def fits_max_age_seconds(data):
    if not isinstance(data, (int)) and not (isinstance(data, float) and data.is_integer()) or isinstance(data, bool):
        raise Unfit
    if isinstance(data, (int, float)) and not isinstance(data, bool):
        if data < 0:
            raise Unfit
        if data > 86400:
            raise Unfit
    return data

def fits_password(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 4096:
            raise Unfit
    return data

def fits_secret_file(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 4096:
            raise Unfit
        if not REGEX_PATTERNS['^/'].search(data):
            raise Unfit
    return data

def fits_token(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 4096:
            raise Unfit
    return data

def fits_username(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 256:
            raise Unfit
    return data

def fits_vectors(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        for data_key in data_keys:
            if data_key not in []:
                data_value = data.get(data_key)
                if not isinstance(data_value, (dict)):
                    raise Unfit
                data_value_is_dict = isinstance(data_value, dict)
                if data_value_is_dict:
                    data_value_keys = set(data_value.keys())
                    if "enabled" in data_value_keys:
                        data_value_keys.remove("enabled")
                        data_value__enabled = data_value["enabled"]
                        if not isinstance(data_value__enabled, (bool)):
                            raise Unfit
                    if "action" in data_value_keys:
                        data_value_keys.remove("action")
                        data_value__action = data_value["action"]
                        if not isinstance(data_value__action, (str)):
                            raise Unfit
                        if not (isinstance(data_value__action, str) and data_value__action == 'discard' or isinstance(data_value__action, str) and data_value__action == 'drop' or isinstance(data_value__action, str) and data_value__action == 'rate-limit' or isinstance(data_value__action, str) and data_value__action == 'default'):
                            raise Unfit
                    if "rate_limit_bps" in data_value_keys:
                        data_value_keys.remove("rate_limit_bps")
                        data_value__ratelimitbps = data_value["rate_limit_bps"]
                        if not isinstance(data_value__ratelimitbps, (int, str)) and not (isinstance(data_value__ratelimitbps, float) and data_value__ratelimitbps.is_integer()) or isinstance(data_value__ratelimitbps, bool):
                            raise Unfit
                        if isinstance(data_value__ratelimitbps, str):
                            if not REGEX_PATTERNS['^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(bit/s|bps)?$(?!\\n)'].search(data_value__ratelimitbps):
                                raise Unfit
                        if isinstance(data_value__ratelimitbps, (int, float)) and not isinstance(data_value__ratelimitbps, bool):
                            if data_value__ratelimitbps < 8:
                                raise Unfit
                            if data_value__ratelimitbps > 8000000000000:
                                raise Unfit
                    if "match" in data_value_keys:
                        data_value_keys.remove("match")
                        data_value__match = data_value["match"]
                        if not isinstance(data_value__match, (dict)):
                            raise Unfit
                    if "dry_run" in data_value_keys:
                        data_value_keys.remove("dry_run")
                        data_value__dryrun = data_value["dry_run"]
                        if not isinstance(data_value__dryrun, (bool)):
                            raise Unfit
                    if "approval" in data_value_keys:
                        data_value_keys.remove("approval")
                        data_value__approval = data_value["approval"]
                        if not isinstance(data_value__approval, (str)):
                            raise Unfit
                        if not (isinstance(data_value__approval, str) and data_value__approval == 'none' or isinstance(data_value__approval, str) and data_value__approval == 'required'):
                            raise Unfit
                    if data_value_keys:
                        raise Unfit
    return data

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['providers']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "providers" in data_keys:
            data_keys.remove("providers")
            data__providers = data["providers"]
            if not isinstance(data__providers, (list)):
                raise Unfit
            data__providers_is_list = isinstance(data__providers, (list))
            if data__providers_is_list:
                data__providers_len = len(data__providers)
                if data__providers_len < 1:
                    raise Unfit
                if data__providers_len > 64:
                    raise Unfit
                for data__providers_x, data__providers_item in enumerate(data__providers):
                    if not isinstance(data__providers_item, (dict)):
                        raise Unfit
                    data__providers_item_is_dict = isinstance(data__providers_item, dict)
                    if data__providers_item_is_dict:
                        data__providers_item__missing_keys = set(['name']) - data__providers_item.keys()
                        if data__providers_item__missing_keys:
                            raise Unfit
                        data__providers_item_keys = set(data__providers_item.keys())
                        if "provider" in data__providers_item_keys:
                            data__providers_item_keys.remove("provider")
                            data__providers_item__provider = data__providers_item["provider"]
                            if not isinstance(data__providers_item__provider, (str)):
                                raise Unfit
                            if not (isinstance(data__providers_item__provider, str) and data__providers_item__provider == 'exabgp_flowspec'):
                                raise Unfit
                        if "name" in data__providers_item_keys:
                            data__providers_item_keys.remove("name")
                            data__providers_item__name = data__providers_item["name"]
                            if not isinstance(data__providers_item__name, (str)):
                                raise Unfit
                            if isinstance(data__providers_item__name, str):
                                data__providers_item__name_len = len(data__providers_item__name)
                                if data__providers_item__name_len < 1:
                                    raise Unfit
                                if data__providers_item__name_len > 100:
                                    raise Unfit
                        if "adapter_socket" in data__providers_item_keys:
                            data__providers_item_keys.remove("adapter_socket")
                            data__providers_item__adaptersocket = data__providers_item["adapter_socket"]
                            if not isinstance(data__providers_item__adaptersocket, (str)):
                                raise Unfit
                            if isinstance(data__providers_item__adaptersocket, str):
                                data__providers_item__adaptersocket_len = len(data__providers_item__adaptersocket)
                                if data__providers_item__adaptersocket_len < 2:
                                    raise Unfit
                                if data__providers_item__adaptersocket_len > 107:
                                    raise Unfit
                                if not REGEX_PATTERNS['^/'].search(data__providers_item__adaptersocket):
                                    raise Unfit
                        if "adapter_url" in data__providers_item_keys:
                            data__providers_item_keys.remove("adapter_url")
                            data__providers_item__adapterurl = data__providers_item["adapter_url"]
                            if not isinstance(data__providers_item__adapterurl, (str)):
                                raise Unfit
                            if isinstance(data__providers_item__adapterurl, str):
                                data__providers_item__adapterurl_len = len(data__providers_item__adapterurl)
                                if data__providers_item__adapterurl_len > 300:
                                    raise Unfit
                                if not REGEX_PATTERNS['^https://[A-Za-z0-9.:\\[\\]-]+$(?!\\n)'].search(data__providers_item__adapterurl):
                                    raise Unfit
                        if "adapter_ca" in data__providers_item_keys:
                            data__providers_item_keys.remove("adapter_ca")
                            data__providers_item__adapterca = data__providers_item["adapter_ca"]
                            if not isinstance(data__providers_item__adapterca, (str)):
                                raise Unfit
                            if isinstance(data__providers_item__adapterca, str):
                                data__providers_item__adapterca_len = len(data__providers_item__adapterca)
                                if data__providers_item__adapterca_len > 4096:
                                    raise Unfit
                                if not REGEX_PATTERNS['^/'].search(data__providers_item__adapterca):
                                    raise Unfit
                        if "adapter_certificate" in data__providers_item_keys:
                            data__providers_item_keys.remove("adapter_certificate")
                            data__providers_item__adaptercertificate = data__providers_item["adapter_certificate"]
                            if not isinstance(data__providers_item__adaptercertificate, (str)):
                                raise Unfit
                            if isinstance(data__providers_item__adaptercertificate, str):
                                data__providers_item__adaptercertificate_len = len(data__providers_item__adaptercertificate)
                                if data__providers_item__adaptercertificate_len > 4096:
                                    raise Unfit
                                if not REGEX_PATTERNS['^/'].search(data__providers_item__adaptercertificate):
                                    raise Unfit
                        if "adapter_token" in data__providers_item_keys:
                            data__providers_item_keys.remove("adapter_token")
                            data__providers_item__adaptertoken = data__providers_item["adapter_token"]
                            if not isinstance(data__providers_item__adaptertoken, (str)):
                                raise Unfit
                            if isinstance(data__providers_item__adaptertoken, str):
                                data__providers_item__adaptertoken_len = len(data__providers_item__adaptertoken)
                                if data__providers_item__adaptertoken_len > 256:
                                    raise Unfit
                        if "adapter_token_file" in data__providers_item_keys:
                            data__providers_item_keys.remove("adapter_token_file")
                            data__providers_item__adaptertokenfile = data__providers_item["adapter_token_file"]
                            fits_secret_file(data__providers_item__adaptertokenfile)
                        if "exporter_url" in data__providers_item_keys:
                            data__providers_item_keys.remove("exporter_url")
                            data__providers_item__exporterurl = data__providers_item["exporter_url"]
                            if not isinstance(data__providers_item__exporterurl, (str)):
                                raise Unfit
                            if isinstance(data__providers_item__exporterurl, str):
                                data__providers_item__exporterurl_len = len(data__providers_item__exporterurl)
                                if data__providers_item__exporterurl_len > 300:
                                    raise Unfit
                                if not REGEX_PATTERNS['^https?://[A-Za-z0-9.:\\[\\]-]+$(?!\\n)'].search(data__providers_item__exporterurl):
                                    raise Unfit
                        if "hold_withdrawal" in data__providers_item_keys:
                            data__providers_item_keys.remove("hold_withdrawal")
                            data__providers_item__holdwithdrawal = data__providers_item["hold_withdrawal"]
                            if not isinstance(data__providers_item__holdwithdrawal, (dict)):
                                raise Unfit
                            data__providers_item__holdwithdrawal_is_dict = isinstance(data__providers_item__holdwithdrawal, dict)
                            if data__providers_item__holdwithdrawal_is_dict:
                                data__providers_item__holdwithdrawal_keys = set(data__providers_item__holdwithdrawal.keys())
                                if "verdicts" in data__providers_item__holdwithdrawal_keys:
                                    data__providers_item__holdwithdrawal_keys.remove("verdicts")
                                    data__providers_item__holdwithdrawal__verdicts = data__providers_item__holdwithdrawal["verdicts"]
                                    if not isinstance(data__providers_item__holdwithdrawal__verdicts, (list)):
                                        raise Unfit
                                    data__providers_item__holdwithdrawal__verdicts_is_list = isinstance(data__providers_item__holdwithdrawal__verdicts, (list))
                                    if data__providers_item__holdwithdrawal__verdicts_is_list:
                                        def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                                        data__providers_item__holdwithdrawal__verdicts_len = len(data__providers_item__holdwithdrawal__verdicts)
                                        if data__providers_item__holdwithdrawal__verdicts_len > len(set(fn(data__providers_item__holdwithdrawal__verdicts_x) for data__providers_item__holdwithdrawal__verdicts_x in data__providers_item__holdwithdrawal__verdicts)):
                                            raise Unfit
                                        for data__providers_item__holdwithdrawal__verdicts_x, data__providers_item__holdwithdrawal__verdicts_item in enumerate(data__providers_item__holdwithdrawal__verdicts):
                                            if not isinstance(data__providers_item__holdwithdrawal__verdicts_item, (str)):
                                                raise Unfit
                                            if not (isinstance(data__providers_item__holdwithdrawal__verdicts_item, str) and data__providers_item__holdwithdrawal__verdicts_item == 'still_needed'):
                                                raise Unfit
                                if "at_most_seconds" in data__providers_item__holdwithdrawal_keys:
                                    data__providers_item__holdwithdrawal_keys.remove("at_most_seconds")
                                    data__providers_item__holdwithdrawal__atmostseconds = data__providers_item__holdwithdrawal["at_most_seconds"]
                                    if not isinstance(data__providers_item__holdwithdrawal__atmostseconds, (int)) and not (isinstance(data__providers_item__holdwithdrawal__atmostseconds, float) and data__providers_item__holdwithdrawal__atmostseconds.is_integer()) or isinstance(data__providers_item__holdwithdrawal__atmostseconds, bool):
                                        raise Unfit
                                    if isinstance(data__providers_item__holdwithdrawal__atmostseconds, (int, float)) and not isinstance(data__providers_item__holdwithdrawal__atmostseconds, bool):
                                        if data__providers_item__holdwithdrawal__atmostseconds < 60:
                                            raise Unfit
                                        if data__providers_item__holdwithdrawal__atmostseconds > 86400:
                                            raise Unfit
                                if data__providers_item__holdwithdrawal_keys:
                                    raise Unfit
                        if "timed_probe" in data__providers_item_keys:
                            data__providers_item_keys.remove("timed_probe")
                            data__providers_item__timedprobe = data__providers_item["timed_probe"]
                            if not isinstance(data__providers_item__timedprobe, (bool)):
                                raise Unfit
                        if "prefixes" in data__providers_item_keys:
                            data__providers_item_keys.remove("prefixes")
                            data__providers_item__prefixes = data__providers_item["prefixes"]
                            if not isinstance(data__providers_item__prefixes, (list)):
                                raise Unfit
                            data__providers_item__prefixes_is_list = isinstance(data__providers_item__prefixes, (list))
                            if data__providers_item__prefixes_is_list:
                                data__providers_item__prefixes_len = len(data__providers_item__prefixes)
                                if data__providers_item__prefixes_len > 10000:
                                    raise Unfit
                                for data__providers_item__prefixes_x, data__providers_item__prefixes_item in enumerate(data__providers_item__prefixes):
                                    if not isinstance(data__providers_item__prefixes_item, (str)):
                                        raise Unfit
                                    if isinstance(data__providers_item__prefixes_item, str):
                                        data__providers_item__prefixes_item_len = len(data__providers_item__prefixes_item)
                                        if data__providers_item__prefixes_item_len < 3:
                                            raise Unfit
                                        if data__providers_item__prefixes_item_len > 64:
                                            raise Unfit
                        if "default_action" in data__providers_item_keys:
                            data__providers_item_keys.remove("default_action")
                            data__providers_item__defaultaction = data__providers_item["default_action"]
                            if not isinstance(data__providers_item__defaultaction, (str)):
                                raise Unfit
                            if not (isinstance(data__providers_item__defaultaction, str) and data__providers_item__defaultaction == 'discard' or isinstance(data__providers_item__defaultaction, str) and data__providers_item__defaultaction == 'drop' or isinstance(data__providers_item__defaultaction, str) and data__providers_item__defaultaction == 'rate-limit'):
                                raise Unfit
                        if "rate_limit_bps" in data__providers_item_keys:
                            data__providers_item_keys.remove("rate_limit_bps")
                            data__providers_item__ratelimitbps = data__providers_item["rate_limit_bps"]
                            if not isinstance(data__providers_item__ratelimitbps, (int, str)) and not (isinstance(data__providers_item__ratelimitbps, float) and data__providers_item__ratelimitbps.is_integer()) or isinstance(data__providers_item__ratelimitbps, bool):
                                raise Unfit
                            if isinstance(data__providers_item__ratelimitbps, str):
                                if not REGEX_PATTERNS['^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(bit/s|bps)?$(?!\\n)'].search(data__providers_item__ratelimitbps):
                                    raise Unfit
                            if isinstance(data__providers_item__ratelimitbps, (int, float)) and not isinstance(data__providers_item__ratelimitbps, bool):
                                if data__providers_item__ratelimitbps < 8:
                                    raise Unfit
                                if data__providers_item__ratelimitbps > 8000000000000:
                                    raise Unfit
                        if "escalation" in data__providers_item_keys:
                            data__providers_item_keys.remove("escalation")
                            data__providers_item__escalation = data__providers_item["escalation"]
                            if not isinstance(data__providers_item__escalation, (list)):
                                raise Unfit
                            data__providers_item__escalation_is_list = isinstance(data__providers_item__escalation, (list))
                            if data__providers_item__escalation_is_list:
                                data__providers_item__escalation_len = len(data__providers_item__escalation)
                                if data__providers_item__escalation_len > 3:
                                    raise Unfit
                                for data__providers_item__escalation_x, data__providers_item__escalation_item in enumerate(data__providers_item__escalation):
                                    if not isinstance(data__providers_item__escalation_item, (dict)):
                                        raise Unfit
                                    data__providers_item__escalation_item_is_dict = isinstance(data__providers_item__escalation_item, dict)
                                    if data__providers_item__escalation_item_is_dict:
                                        data__providers_item__escalation_item__missing_keys = set(['action']) - data__providers_item__escalation_item.keys()
                                        if data__providers_item__escalation_item__missing_keys:
                                            raise Unfit
                                        data__providers_item__escalation_item_keys = set(data__providers_item__escalation_item.keys())
                                        if "action" in data__providers_item__escalation_item_keys:
                                            data__providers_item__escalation_item_keys.remove("action")
                                            data__providers_item__escalation_item__action = data__providers_item__escalation_item["action"]
                                            if not isinstance(data__providers_item__escalation_item__action, (str)):
                                                raise Unfit
                                            if not (isinstance(data__providers_item__escalation_item__action, str) and data__providers_item__escalation_item__action == 'rate-limit' or isinstance(data__providers_item__escalation_item__action, str) and data__providers_item__escalation_item__action == 'discard' or isinstance(data__providers_item__escalation_item__action, str) and data__providers_item__escalation_item__action == 'drop' or isinstance(data__providers_item__escalation_item__action, str) and data__providers_item__escalation_item__action == 'blackhole'):
                                                raise Unfit
                                        if "at_bps" in data__providers_item__escalation_item_keys:
                                            data__providers_item__escalation_item_keys.remove("at_bps")
                                            data__providers_item__escalation_item__atbps = data__providers_item__escalation_item["at_bps"]
                                            if not isinstance(data__providers_item__escalation_item__atbps, (int, str)) and not (isinstance(data__providers_item__escalation_item__atbps, float) and data__providers_item__escalation_item__atbps.is_integer()) or isinstance(data__providers_item__escalation_item__atbps, bool):
                                                raise Unfit
                                            if isinstance(data__providers_item__escalation_item__atbps, str):
                                                if not REGEX_PATTERNS['^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(bit/s|bps)?$(?!\\n)'].search(data__providers_item__escalation_item__atbps):
                                                    raise Unfit
                                            if isinstance(data__providers_item__escalation_item__atbps, (int, float)) and not isinstance(data__providers_item__escalation_item__atbps, bool):
                                                if data__providers_item__escalation_item__atbps < 1:
                                                    raise Unfit
                                                if data__providers_item__escalation_item__atbps > 1000000000000000:
                                                    raise Unfit
                                        if "at_pps" in data__providers_item__escalation_item_keys:
                                            data__providers_item__escalation_item_keys.remove("at_pps")
                                            data__providers_item__escalation_item__atpps = data__providers_item__escalation_item["at_pps"]
                                            if not isinstance(data__providers_item__escalation_item__atpps, (int, str)) and not (isinstance(data__providers_item__escalation_item__atpps, float) and data__providers_item__escalation_item__atpps.is_integer()) or isinstance(data__providers_item__escalation_item__atpps, bool):
                                                raise Unfit
                                            if isinstance(data__providers_item__escalation_item__atpps, str):
                                                if not REGEX_PATTERNS['^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(packets/s|pps)?$(?!\\n)'].search(data__providers_item__escalation_item__atpps):
                                                    raise Unfit
                                            if isinstance(data__providers_item__escalation_item__atpps, (int, float)) and not isinstance(data__providers_item__escalation_item__atpps, bool):
                                                if data__providers_item__escalation_item__atpps < 1:
                                                    raise Unfit
                                                if data__providers_item__escalation_item__atpps > 1000000000000:
                                                    raise Unfit
                                        if data__providers_item__escalation_item_keys:
                                            raise Unfit
                        if "blackhole" in data__providers_item_keys:
                            data__providers_item_keys.remove("blackhole")
                            data__providers_item__blackhole = data__providers_item["blackhole"]
                            if not isinstance(data__providers_item__blackhole, (dict)):
                                raise Unfit
                            data__providers_item__blackhole_is_dict = isinstance(data__providers_item__blackhole, dict)
                            if data__providers_item__blackhole_is_dict:
                                data__providers_item__blackhole_keys = set(data__providers_item__blackhole.keys())
                                if "next_hop_ipv4" in data__providers_item__blackhole_keys:
                                    data__providers_item__blackhole_keys.remove("next_hop_ipv4")
                                    data__providers_item__blackhole__nexthopipv4 = data__providers_item__blackhole["next_hop_ipv4"]
                                    if not isinstance(data__providers_item__blackhole__nexthopipv4, (str)):
                                        raise Unfit
                                    if isinstance(data__providers_item__blackhole__nexthopipv4, str):
                                        data__providers_item__blackhole__nexthopipv4_len = len(data__providers_item__blackhole__nexthopipv4)
                                        if data__providers_item__blackhole__nexthopipv4_len < 2:
                                            raise Unfit
                                        if data__providers_item__blackhole__nexthopipv4_len > 45:
                                            raise Unfit
                                if "next_hop_ipv6" in data__providers_item__blackhole_keys:
                                    data__providers_item__blackhole_keys.remove("next_hop_ipv6")
                                    data__providers_item__blackhole__nexthopipv6 = data__providers_item__blackhole["next_hop_ipv6"]
                                    if not isinstance(data__providers_item__blackhole__nexthopipv6, (str)):
                                        raise Unfit
                                    if isinstance(data__providers_item__blackhole__nexthopipv6, str):
                                        data__providers_item__blackhole__nexthopipv6_len = len(data__providers_item__blackhole__nexthopipv6)
                                        if data__providers_item__blackhole__nexthopipv6_len < 2:
                                            raise Unfit
                                        if data__providers_item__blackhole__nexthopipv6_len > 45:
                                            raise Unfit
                                if "communities" in data__providers_item__blackhole_keys:
                                    data__providers_item__blackhole_keys.remove("communities")
                                    data__providers_item__blackhole__communities = data__providers_item__blackhole["communities"]
                                    if not isinstance(data__providers_item__blackhole__communities, (list)):
                                        raise Unfit
                                    data__providers_item__blackhole__communities_is_list = isinstance(data__providers_item__blackhole__communities, (list))
                                    if data__providers_item__blackhole__communities_is_list:
                                        data__providers_item__blackhole__communities_len = len(data__providers_item__blackhole__communities)
                                        if data__providers_item__blackhole__communities_len > 15:
                                            raise Unfit
                                        for data__providers_item__blackhole__communities_x, data__providers_item__blackhole__communities_item in enumerate(data__providers_item__blackhole__communities):
                                            if not isinstance(data__providers_item__blackhole__communities_item, (str)):
                                                raise Unfit
                                            if isinstance(data__providers_item__blackhole__communities_item, str):
                                                data__providers_item__blackhole__communities_item_len = len(data__providers_item__blackhole__communities_item)
                                                if data__providers_item__blackhole__communities_item_len > 11:
                                                    raise Unfit
                                                if not REGEX_PATTERNS['^[0-9]{1,5}:[0-9]{1,5}$(?!\\n)'].search(data__providers_item__blackhole__communities_item):
                                                    raise Unfit
                                if data__providers_item__blackhole_keys:
                                    raise Unfit
                        if "auto_withdraw" in data__providers_item_keys:
                            data__providers_item_keys.remove("auto_withdraw")
                            data__providers_item__autowithdraw = data__providers_item["auto_withdraw"]
                            if not isinstance(data__providers_item__autowithdraw, (bool)):
                                raise Unfit
                        if "withdraw_after_seconds" in data__providers_item_keys:
                            data__providers_item_keys.remove("withdraw_after_seconds")
                            data__providers_item__withdrawafterseconds = data__providers_item["withdraw_after_seconds"]
                            if not isinstance(data__providers_item__withdrawafterseconds, (int)) and not (isinstance(data__providers_item__withdrawafterseconds, float) and data__providers_item__withdrawafterseconds.is_integer()) or isinstance(data__providers_item__withdrawafterseconds, bool):
                                raise Unfit
                            if isinstance(data__providers_item__withdrawafterseconds, (int, float)) and not isinstance(data__providers_item__withdrawafterseconds, bool):
                                if data__providers_item__withdrawafterseconds < 0:
                                    raise Unfit
                                if data__providers_item__withdrawafterseconds > 86400:
                                    raise Unfit
                        if "max_rule_seconds" in data__providers_item_keys:
                            data__providers_item_keys.remove("max_rule_seconds")
                            data__providers_item__maxruleseconds = data__providers_item["max_rule_seconds"]
                            if not isinstance(data__providers_item__maxruleseconds, (int)) and not (isinstance(data__providers_item__maxruleseconds, float) and data__providers_item__maxruleseconds.is_integer()) or isinstance(data__providers_item__maxruleseconds, bool):
                                raise Unfit
                            if isinstance(data__providers_item__maxruleseconds, (int, float)) and not isinstance(data__providers_item__maxruleseconds, bool):
                                if data__providers_item__maxruleseconds < 60:
                                    raise Unfit
                                if data__providers_item__maxruleseconds > 2592000:
                                    raise Unfit
                        if "ipv4_enabled" in data__providers_item_keys:
                            data__providers_item_keys.remove("ipv4_enabled")
                            data__providers_item__ipv4enabled = data__providers_item["ipv4_enabled"]
                            if not isinstance(data__providers_item__ipv4enabled, (bool)):
                                raise Unfit
                        if "ipv6_enabled" in data__providers_item_keys:
                            data__providers_item_keys.remove("ipv6_enabled")
                            data__providers_item__ipv6enabled = data__providers_item["ipv6_enabled"]
                            if not isinstance(data__providers_item__ipv6enabled, (bool)):
                                raise Unfit
                        if "dry_run" in data__providers_item_keys:
                            data__providers_item_keys.remove("dry_run")
                            data__providers_item__dryrun = data__providers_item["dry_run"]
                            if not isinstance(data__providers_item__dryrun, (bool)):
                                raise Unfit
                        if "vectors" in data__providers_item_keys:
                            data__providers_item_keys.remove("vectors")
                            data__providers_item__vectors = data__providers_item["vectors"]
                            fits_vectors(data__providers_item__vectors)
                        if data__providers_item_keys:
                            raise Unfit
        if "vectors" in data_keys:
            data_keys.remove("vectors")
            data__vectors = data["vectors"]
            fits_vectors(data__vectors)
        if "customers" in data_keys:
            data_keys.remove("customers")
            data__customers = data["customers"]
            if not isinstance(data__customers, (list)):
                raise Unfit
            data__customers_is_list = isinstance(data__customers, (list))
            if data__customers_is_list:
                data__customers_len = len(data__customers)
                if data__customers_len > 10000:
                    raise Unfit
                for data__customers_x, data__customers_item in enumerate(data__customers):
                    if not isinstance(data__customers_item, (dict)):
                        raise Unfit
                    data__customers_item_is_dict = isinstance(data__customers_item, dict)
                    if data__customers_item_is_dict:
                        data__customers_item__missing_keys = set(['prefix']) - data__customers_item.keys()
                        if data__customers_item__missing_keys:
                            raise Unfit
                        data__customers_item_keys = set(data__customers_item.keys())
                        if "prefix" in data__customers_item_keys:
                            data__customers_item_keys.remove("prefix")
                            data__customers_item__prefix = data__customers_item["prefix"]
                            if not isinstance(data__customers_item__prefix, (str)):
                                raise Unfit
                            if isinstance(data__customers_item__prefix, str):
                                data__customers_item__prefix_len = len(data__customers_item__prefix)
                                if data__customers_item__prefix_len < 3:
                                    raise Unfit
                                if data__customers_item__prefix_len > 64:
                                    raise Unfit
                        if "vectors" in data__customers_item_keys:
                            data__customers_item_keys.remove("vectors")
                            data__customers_item__vectors = data__customers_item["vectors"]
                            fits_vectors(data__customers_item__vectors)
                        if data__customers_item_keys:
                            raise Unfit
        if "carpet" in data_keys:
            data_keys.remove("carpet")
            data__carpet = data["carpet"]
            if not isinstance(data__carpet, (dict)):
                raise Unfit
            data__carpet_is_dict = isinstance(data__carpet, dict)
            if data__carpet_is_dict:
                data__carpet_keys = set(data__carpet.keys())
                if "threshold" in data__carpet_keys:
                    data__carpet_keys.remove("threshold")
                    data__carpet__threshold = data__carpet["threshold"]
                    if not isinstance(data__carpet__threshold, (int)) and not (isinstance(data__carpet__threshold, float) and data__carpet__threshold.is_integer()) or isinstance(data__carpet__threshold, bool):
                        raise Unfit
                    if isinstance(data__carpet__threshold, (int, float)) and not isinstance(data__carpet__threshold, bool):
                        if data__carpet__threshold < 0:
                            raise Unfit
                        if data__carpet__threshold > 10000:
                            raise Unfit
                if "ipv4_prefix_length" in data__carpet_keys:
                    data__carpet_keys.remove("ipv4_prefix_length")
                    data__carpet__ipv4prefixlength = data__carpet["ipv4_prefix_length"]
                    if not isinstance(data__carpet__ipv4prefixlength, (int)) and not (isinstance(data__carpet__ipv4prefixlength, float) and data__carpet__ipv4prefixlength.is_integer()) or isinstance(data__carpet__ipv4prefixlength, bool):
                        raise Unfit
                    if isinstance(data__carpet__ipv4prefixlength, (int, float)) and not isinstance(data__carpet__ipv4prefixlength, bool):
                        if data__carpet__ipv4prefixlength < 16:
                            raise Unfit
                        if data__carpet__ipv4prefixlength > 31:
                            raise Unfit
                if "ipv6_prefix_length" in data__carpet_keys:
                    data__carpet_keys.remove("ipv6_prefix_length")
                    data__carpet__ipv6prefixlength = data__carpet["ipv6_prefix_length"]
                    if not isinstance(data__carpet__ipv6prefixlength, (int)) and not (isinstance(data__carpet__ipv6prefixlength, float) and data__carpet__ipv6prefixlength.is_integer()) or isinstance(data__carpet__ipv6prefixlength, bool):
                        raise Unfit
                    if isinstance(data__carpet__ipv6prefixlength, (int, float)) and not isinstance(data__carpet__ipv6prefixlength, bool):
                        if data__carpet__ipv6prefixlength < 32:
                            raise Unfit
                        if data__carpet__ipv6prefixlength > 127:
                            raise Unfit
                if "approval" in data__carpet_keys:
                    data__carpet_keys.remove("approval")
                    data__carpet__approval = data__carpet["approval"]
                    if not isinstance(data__carpet__approval, (str)):
                        raise Unfit
                    if not (isinstance(data__carpet__approval, str) and data__carpet__approval == 'none' or isinstance(data__carpet__approval, str) and data__carpet__approval == 'required'):
                        raise Unfit
                if "group_approval" in data__carpet_keys:
                    data__carpet_keys.remove("group_approval")
                    data__carpet__groupapproval = data__carpet["group_approval"]
                    if not isinstance(data__carpet__groupapproval, (str)):
                        raise Unfit
                    if not (isinstance(data__carpet__groupapproval, str) and data__carpet__groupapproval == 'none' or isinstance(data__carpet__groupapproval, str) and data__carpet__groupapproval == 'required'):
                        raise Unfit
                if data__carpet_keys:
                    raise Unfit
        if "protected_prefixes" in data_keys:
            data_keys.remove("protected_prefixes")
            data__protectedprefixes = data["protected_prefixes"]
            if not isinstance(data__protectedprefixes, (list)):
                raise Unfit
            data__protectedprefixes_is_list = isinstance(data__protectedprefixes, (list))
            if data__protectedprefixes_is_list:
                data__protectedprefixes_len = len(data__protectedprefixes)
                if data__protectedprefixes_len > 10000:
                    raise Unfit
                for data__protectedprefixes_x, data__protectedprefixes_item in enumerate(data__protectedprefixes):
                    if not isinstance(data__protectedprefixes_item, (str)):
                        raise Unfit
                    if isinstance(data__protectedprefixes_item, str):
                        data__protectedprefixes_item_len = len(data__protectedprefixes_item)
                        if data__protectedprefixes_item_len < 3:
                            raise Unfit
                        if data__protectedprefixes_item_len > 64:
                            raise Unfit
        if "webhook" in data_keys:
            data_keys.remove("webhook")
            data__webhook = data["webhook"]
            if not isinstance(data__webhook, (dict)):
                raise Unfit
            data__webhook_is_dict = isinstance(data__webhook, dict)
            if data__webhook_is_dict:
                data__webhook_keys = set(data__webhook.keys())
                if "host" in data__webhook_keys:
                    data__webhook_keys.remove("host")
                    data__webhook__host = data__webhook["host"]
                    if not isinstance(data__webhook__host, (str)):
                        raise Unfit
                    if isinstance(data__webhook__host, str):
                        data__webhook__host_len = len(data__webhook__host)
                        if data__webhook__host_len < 2:
                            raise Unfit
                        if data__webhook__host_len > 255:
                            raise Unfit
                if "port" in data__webhook_keys:
                    data__webhook_keys.remove("port")
                    data__webhook__port = data__webhook["port"]
                    if not isinstance(data__webhook__port, (int)) and not (isinstance(data__webhook__port, float) and data__webhook__port.is_integer()) or isinstance(data__webhook__port, bool):
                        raise Unfit
                    if isinstance(data__webhook__port, (int, float)) and not isinstance(data__webhook__port, bool):
                        if data__webhook__port < 0:
                            raise Unfit
                        if data__webhook__port > 65535:
                            raise Unfit
                if "max_body_bytes" in data__webhook_keys:
                    data__webhook_keys.remove("max_body_bytes")
                    data__webhook__maxbodybytes = data__webhook["max_body_bytes"]
                    if not isinstance(data__webhook__maxbodybytes, (int)) and not (isinstance(data__webhook__maxbodybytes, float) and data__webhook__maxbodybytes.is_integer()) or isinstance(data__webhook__maxbodybytes, bool):
                        raise Unfit
                    if isinstance(data__webhook__maxbodybytes, (int, float)) and not isinstance(data__webhook__maxbodybytes, bool):
                        if data__webhook__maxbodybytes < 1024:
                            raise Unfit
                        if data__webhook__maxbodybytes > 104857600:
                            raise Unfit
                if "tls_certificate" in data__webhook_keys:
                    data__webhook_keys.remove("tls_certificate")
                    data__webhook__tlscertificate = data__webhook["tls_certificate"]
                    if not isinstance(data__webhook__tlscertificate, (str)):
                        raise Unfit
                    if isinstance(data__webhook__tlscertificate, str):
                        data__webhook__tlscertificate_len = len(data__webhook__tlscertificate)
                        if data__webhook__tlscertificate_len > 4096:
                            raise Unfit
                if "tls_key" in data__webhook_keys:
                    data__webhook_keys.remove("tls_key")
                    data__webhook__tlskey = data__webhook["tls_key"]
                    if not isinstance(data__webhook__tlskey, (str)):
                        raise Unfit
                    if isinstance(data__webhook__tlskey, str):
                        data__webhook__tlskey_len = len(data__webhook__tlskey)
                        if data__webhook__tlskey_len > 4096:
                            raise Unfit
                if data__webhook_keys:
                    raise Unfit
        if "notify" in data_keys:
            data_keys.remove("notify")
            data__notify = data["notify"]
            if not isinstance(data__notify, (dict)):
                raise Unfit
            data__notify_is_dict = isinstance(data__notify, dict)
            if data__notify_is_dict:
                data__notify_keys = set(data__notify.keys())
                if "services" in data__notify_keys:
                    data__notify_keys.remove("services")
                    data__notify__services = data__notify["services"]
                    if not isinstance(data__notify__services, (list)):
                        raise Unfit
                    data__notify__services_is_list = isinstance(data__notify__services, (list))
                    if data__notify__services_is_list:
                        data__notify__services_len = len(data__notify__services)
                        if data__notify__services_len > 16:
                            raise Unfit
                        for data__notify__services_x, data__notify__services_item in enumerate(data__notify__services):
                            if not isinstance(data__notify__services_item, (dict)):
                                raise Unfit
                            data__notify__services_item_is_dict = isinstance(data__notify__services_item, dict)
                            if data__notify__services_item_is_dict:
                                data__notify__services_item__missing_keys = set(['name']) - data__notify__services_item.keys()
                                if data__notify__services_item__missing_keys:
                                    raise Unfit
                                data__notify__services_item_keys = set(data__notify__services_item.keys())
                                if "name" in data__notify__services_item_keys:
                                    data__notify__services_item_keys.remove("name")
                                    data__notify__services_item__name = data__notify__services_item["name"]
                                    if not isinstance(data__notify__services_item__name, (str)):
                                        raise Unfit
                                    if isinstance(data__notify__services_item__name, str):
                                        if not REGEX_PATTERNS['^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$(?!\\n)'].search(data__notify__services_item__name):
                                            raise Unfit
                                if "url" in data__notify__services_item_keys:
                                    data__notify__services_item_keys.remove("url")
                                    data__notify__services_item__url = data__notify__services_item["url"]
                                    if not isinstance(data__notify__services_item__url, (str)):
                                        raise Unfit
                                    if isinstance(data__notify__services_item__url, str):
                                        data__notify__services_item__url_len = len(data__notify__services_item__url)
                                        if data__notify__services_item__url_len > 4096:
                                            raise Unfit
                                if "url_file" in data__notify__services_item_keys:
                                    data__notify__services_item_keys.remove("url_file")
                                    data__notify__services_item__urlfile = data__notify__services_item["url_file"]
                                    fits_secret_file(data__notify__services_item__urlfile)
                                if data__notify__services_item_keys:
                                    raise Unfit
                if "about" in data__notify_keys:
                    data__notify_keys.remove("about")
                    data__notify__about = data__notify["about"]
                    if not isinstance(data__notify__about, (list)):
                        raise Unfit
                    data__notify__about_is_list = isinstance(data__notify__about, (list))
                    if data__notify__about_is_list:
                        data__notify__about_len = len(data__notify__about)
                        if data__notify__about_len > 9:
                            raise Unfit
                        def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                        if data__notify__about_len > len(set(fn(data__notify__about_x) for data__notify__about_x in data__notify__about)):
                            raise Unfit
                        for data__notify__about_x, data__notify__about_item in enumerate(data__notify__about):
                            if not isinstance(data__notify__about_item, (str)):
                                raise Unfit
                            if not (isinstance(data__notify__about_item, str) and data__notify__about_item == 'attack_mitigated' or isinstance(data__notify__about_item, str) and data__notify__about_item == 'attack_unmitigated' or isinstance(data__notify__about_item, str) and data__notify__about_item == 'attack_over' or isinstance(data__notify__about_item, str) and data__notify__about_item == 'rule_announced' or isinstance(data__notify__about_item, str) and data__notify__about_item == 'rule_withdrawn' or isinstance(data__notify__about_item, str) and data__notify__about_item == 'rule_quarantined' or isinstance(data__notify__about_item, str) and data__notify__about_item == 'approval_needed' or isinstance(data__notify__about_item, str) and data__notify__about_item == 'kill_switch_changed' or isinstance(data__notify__about_item, str) and data__notify__about_item == 'session_changed'):
                                raise Unfit
                if "messages_per_minute" in data__notify_keys:
                    data__notify_keys.remove("messages_per_minute")
                    data__notify__messagesperminute = data__notify["messages_per_minute"]
                    if not isinstance(data__notify__messagesperminute, (int)) and not (isinstance(data__notify__messagesperminute, float) and data__notify__messagesperminute.is_integer()) or isinstance(data__notify__messagesperminute, bool):
                        raise Unfit
                    if isinstance(data__notify__messagesperminute, (int, float)) and not isinstance(data__notify__messagesperminute, bool):
                        if data__notify__messagesperminute < 1:
                            raise Unfit
                        if data__notify__messagesperminute > 600:
                            raise Unfit
                if "give_up_after_seconds" in data__notify_keys:
                    data__notify_keys.remove("give_up_after_seconds")
                    data__notify__giveupafterseconds = data__notify["give_up_after_seconds"]
                    if not isinstance(data__notify__giveupafterseconds, (int)) and not (isinstance(data__notify__giveupafterseconds, float) and data__notify__giveupafterseconds.is_integer()) or isinstance(data__notify__giveupafterseconds, bool):
                        raise Unfit
                    if isinstance(data__notify__giveupafterseconds, (int, float)) and not isinstance(data__notify__giveupafterseconds, bool):
                        if data__notify__giveupafterseconds < 60:
                            raise Unfit
                        if data__notify__giveupafterseconds > 86400:
                            raise Unfit
                if "console_url" in data__notify_keys:
                    data__notify_keys.remove("console_url")
                    data__notify__consoleurl = data__notify["console_url"]
                    if not isinstance(data__notify__consoleurl, (str)):
                        raise Unfit
                    if isinstance(data__notify__consoleurl, str):
                        data__notify__consoleurl_len = len(data__notify__consoleurl)
                        if data__notify__consoleurl_len > 300:
                            raise Unfit
                        if not REGEX_PATTERNS['^https?://[^ ]+$(?!\\n)'].search(data__notify__consoleurl):
                            raise Unfit
                if data__notify_keys:
                    raise Unfit
        if "approvals" in data_keys:
            data_keys.remove("approvals")
            data__approvals = data["approvals"]
            if not isinstance(data__approvals, (dict)):
                raise Unfit
            data__approvals_is_dict = isinstance(data__approvals, dict)
            if data__approvals_is_dict:
                data__approvals_keys = set(data__approvals.keys())
                if "minutes" in data__approvals_keys:
                    data__approvals_keys.remove("minutes")
                    data__approvals__minutes = data__approvals["minutes"]
                    if not isinstance(data__approvals__minutes, (int)) and not (isinstance(data__approvals__minutes, float) and data__approvals__minutes.is_integer()) or isinstance(data__approvals__minutes, bool):
                        raise Unfit
                    if isinstance(data__approvals__minutes, (int, float)) and not isinstance(data__approvals__minutes, bool):
                        if data__approvals__minutes < 1:
                            raise Unfit
                        if data__approvals__minutes > 10080:
                            raise Unfit
                if "users" in data__approvals_keys:
                    data__approvals_keys.remove("users")
                    data__approvals__users = data__approvals["users"]
                    if not isinstance(data__approvals__users, (list)):
                        raise Unfit
                    data__approvals__users_is_list = isinstance(data__approvals__users, (list))
                    if data__approvals__users_is_list:
                        data__approvals__users_len = len(data__approvals__users)
                        for data__approvals__users_x, data__approvals__users_item in enumerate(data__approvals__users):
                            if not isinstance(data__approvals__users_item, (str)):
                                raise Unfit
                            if isinstance(data__approvals__users_item, str):
                                data__approvals__users_item_len = len(data__approvals__users_item)
                                if data__approvals__users_item_len < 1:
                                    raise Unfit
                                if data__approvals__users_item_len > 128:
                                    raise Unfit
                if "roles" in data__approvals_keys:
                    data__approvals_keys.remove("roles")
                    data__approvals__roles = data__approvals["roles"]
                    if not isinstance(data__approvals__roles, (list)):
                        raise Unfit
                    data__approvals__roles_is_list = isinstance(data__approvals__roles, (list))
                    if data__approvals__roles_is_list:
                        data__approvals__roles_len = len(data__approvals__roles)
                        for data__approvals__roles_x, data__approvals__roles_item in enumerate(data__approvals__roles):
                            if not isinstance(data__approvals__roles_item, (str)):
                                raise Unfit
                            if isinstance(data__approvals__roles_item, str):
                                data__approvals__roles_item_len = len(data__approvals__roles_item)
                                if data__approvals__roles_item_len < 1:
                                    raise Unfit
                                if data__approvals__roles_item_len > 128:
                                    raise Unfit
                if "route" in data__approvals_keys:
                    data__approvals_keys.remove("route")
                    data__approvals__route = data__approvals["route"]
                    if not isinstance(data__approvals__route, (str)):
                        raise Unfit
                    if isinstance(data__approvals__route, str):
                        data__approvals__route_len = len(data__approvals__route)
                        if data__approvals__route_len > 128:
                            raise Unfit
                if data__approvals_keys:
                    raise Unfit
        if "magic_transit" in data_keys:
            data_keys.remove("magic_transit")
            data__magictransit = data["magic_transit"]
            if not isinstance(data__magictransit, (dict)):
                raise Unfit
            data__magictransit_is_dict = isinstance(data__magictransit, dict)
            if data__magictransit_is_dict:
                data__magictransit_keys = set(data__magictransit.keys())
                if "account_id" in data__magictransit_keys:
                    data__magictransit_keys.remove("account_id")
                    data__magictransit__accountid = data__magictransit["account_id"]
                    if not isinstance(data__magictransit__accountid, (str)):
                        raise Unfit
                    if isinstance(data__magictransit__accountid, str):
                        data__magictransit__accountid_len = len(data__magictransit__accountid)
                        if data__magictransit__accountid_len > 32:
                            raise Unfit
                        if not REGEX_PATTERNS['^[0-9A-Za-z]+$(?!\\n)'].search(data__magictransit__accountid):
                            raise Unfit
                if "api_token" in data__magictransit_keys:
                    data__magictransit_keys.remove("api_token")
                    data__magictransit__apitoken = data__magictransit["api_token"]
                    if not isinstance(data__magictransit__apitoken, (str)):
                        raise Unfit
                    if isinstance(data__magictransit__apitoken, str):
                        data__magictransit__apitoken_len = len(data__magictransit__apitoken)
                        if data__magictransit__apitoken_len > 4096:
                            raise Unfit
                if "api_token_file" in data__magictransit_keys:
                    data__magictransit_keys.remove("api_token_file")
                    data__magictransit__apitokenfile = data__magictransit["api_token_file"]
                    fits_secret_file(data__magictransit__apitokenfile)
                if "dry_run" in data__magictransit_keys:
                    data__magictransit_keys.remove("dry_run")
                    data__magictransit__dryrun = data__magictransit["dry_run"]
                    if not isinstance(data__magictransit__dryrun, (bool)):
                        raise Unfit
                if "prefixes" in data__magictransit_keys:
                    data__magictransit_keys.remove("prefixes")
                    data__magictransit__prefixes = data__magictransit["prefixes"]
                    if not isinstance(data__magictransit__prefixes, (list)):
                        raise Unfit
                    data__magictransit__prefixes_is_list = isinstance(data__magictransit__prefixes, (list))
                    if data__magictransit__prefixes_is_list:
                        data__magictransit__prefixes_len = len(data__magictransit__prefixes)
                        if data__magictransit__prefixes_len > 1000:
                            raise Unfit
                        for data__magictransit__prefixes_x, data__magictransit__prefixes_item in enumerate(data__magictransit__prefixes):
                            if not isinstance(data__magictransit__prefixes_item, (dict)):
                                raise Unfit
                            data__magictransit__prefixes_item_is_dict = isinstance(data__magictransit__prefixes_item, dict)
                            if data__magictransit__prefixes_item_is_dict:
                                data__magictransit__prefixes_item__missing_keys = set(['prefix', 'prefix_id', 'bgp_prefix_id']) - data__magictransit__prefixes_item.keys()
                                if data__magictransit__prefixes_item__missing_keys:
                                    raise Unfit
                                data__magictransit__prefixes_item_keys = set(data__magictransit__prefixes_item.keys())
                                if "prefix" in data__magictransit__prefixes_item_keys:
                                    data__magictransit__prefixes_item_keys.remove("prefix")
                                    data__magictransit__prefixes_item__prefix = data__magictransit__prefixes_item["prefix"]
                                    if not isinstance(data__magictransit__prefixes_item__prefix, (str)):
                                        raise Unfit
                                    if isinstance(data__magictransit__prefixes_item__prefix, str):
                                        data__magictransit__prefixes_item__prefix_len = len(data__magictransit__prefixes_item__prefix)
                                        if data__magictransit__prefixes_item__prefix_len < 3:
                                            raise Unfit
                                        if data__magictransit__prefixes_item__prefix_len > 64:
                                            raise Unfit
                                if "prefix_id" in data__magictransit__prefixes_item_keys:
                                    data__magictransit__prefixes_item_keys.remove("prefix_id")
                                    data__magictransit__prefixes_item__prefixid = data__magictransit__prefixes_item["prefix_id"]
                                    if not isinstance(data__magictransit__prefixes_item__prefixid, (str)):
                                        raise Unfit
                                    if isinstance(data__magictransit__prefixes_item__prefixid, str):
                                        data__magictransit__prefixes_item__prefixid_len = len(data__magictransit__prefixes_item__prefixid)
                                        if data__magictransit__prefixes_item__prefixid_len > 32:
                                            raise Unfit
                                        if not REGEX_PATTERNS['^[0-9A-Za-z]+$(?!\\n)'].search(data__magictransit__prefixes_item__prefixid):
                                            raise Unfit
                                if "bgp_prefix_id" in data__magictransit__prefixes_item_keys:
                                    data__magictransit__prefixes_item_keys.remove("bgp_prefix_id")
                                    data__magictransit__prefixes_item__bgpprefixid = data__magictransit__prefixes_item["bgp_prefix_id"]
                                    if not isinstance(data__magictransit__prefixes_item__bgpprefixid, (str)):
                                        raise Unfit
                                    if isinstance(data__magictransit__prefixes_item__bgpprefixid, str):
                                        data__magictransit__prefixes_item__bgpprefixid_len = len(data__magictransit__prefixes_item__bgpprefixid)
                                        if data__magictransit__prefixes_item__bgpprefixid_len > 32:
                                            raise Unfit
                                        if not REGEX_PATTERNS['^[0-9A-Za-z]+$(?!\\n)'].search(data__magictransit__prefixes_item__bgpprefixid):
                                            raise Unfit
                                if data__magictransit__prefixes_item_keys:
                                    raise Unfit
                if data__magictransit_keys:
                    raise Unfit
        if "senders" in data_keys:
            data_keys.remove("senders")
            data__senders = data["senders"]
            if not isinstance(data__senders, (dict)):
                raise Unfit
            data__senders_is_dict = isinstance(data__senders, dict)
            if data__senders_is_dict:
                data__senders_keys = set(data__senders.keys())
                if "alertmanager" in data__senders_keys:
                    data__senders_keys.remove("alertmanager")
                    data__senders__alertmanager = data__senders["alertmanager"]
                    if not isinstance(data__senders__alertmanager, (dict)):
                        raise Unfit
                    data__senders__alertmanager_is_dict = isinstance(data__senders__alertmanager, dict)
                    if data__senders__alertmanager_is_dict:
                        data__senders__alertmanager_keys = set(data__senders__alertmanager.keys())
                        if "token" in data__senders__alertmanager_keys:
                            data__senders__alertmanager_keys.remove("token")
                            data__senders__alertmanager__token = data__senders__alertmanager["token"]
                            fits_token(data__senders__alertmanager__token)
                        if "token_file" in data__senders__alertmanager_keys:
                            data__senders__alertmanager_keys.remove("token_file")
                            data__senders__alertmanager__tokenfile = data__senders__alertmanager["token_file"]
                            fits_secret_file(data__senders__alertmanager__tokenfile)
                        if "username" in data__senders__alertmanager_keys:
                            data__senders__alertmanager_keys.remove("username")
                            data__senders__alertmanager__username = data__senders__alertmanager["username"]
                            fits_username(data__senders__alertmanager__username)
                        if "password" in data__senders__alertmanager_keys:
                            data__senders__alertmanager_keys.remove("password")
                            data__senders__alertmanager__password = data__senders__alertmanager["password"]
                            fits_password(data__senders__alertmanager__password)
                        if "password_file" in data__senders__alertmanager_keys:
                            data__senders__alertmanager_keys.remove("password_file")
                            data__senders__alertmanager__passwordfile = data__senders__alertmanager["password_file"]
                            fits_secret_file(data__senders__alertmanager__passwordfile)
                        if "labels" in data__senders__alertmanager_keys:
                            data__senders__alertmanager_keys.remove("labels")
                            data__senders__alertmanager__labels = data__senders__alertmanager["labels"]
                            fits_labels(data__senders__alertmanager__labels)
                        if "api_url" in data__senders__alertmanager_keys:
                            data__senders__alertmanager_keys.remove("api_url")
                            data__senders__alertmanager__apiurl = data__senders__alertmanager["api_url"]
                            if not isinstance(data__senders__alertmanager__apiurl, (str)):
                                raise Unfit
                            if isinstance(data__senders__alertmanager__apiurl, str):
                                data__senders__alertmanager__apiurl_len = len(data__senders__alertmanager__apiurl)
                                if data__senders__alertmanager__apiurl_len > 2048:
                                    raise Unfit
                                if not REGEX_PATTERNS['^https?://'].search(data__senders__alertmanager__apiurl):
                                    raise Unfit
                        if "api_token" in data__senders__alertmanager_keys:
                            data__senders__alertmanager_keys.remove("api_token")
                            data__senders__alertmanager__apitoken = data__senders__alertmanager["api_token"]
                            if not isinstance(data__senders__alertmanager__apitoken, (str)):
                                raise Unfit
                            if isinstance(data__senders__alertmanager__apitoken, str):
                                data__senders__alertmanager__apitoken_len = len(data__senders__alertmanager__apitoken)
                                if data__senders__alertmanager__apitoken_len > 4096:
                                    raise Unfit
                        if "api_token_file" in data__senders__alertmanager_keys:
                            data__senders__alertmanager_keys.remove("api_token_file")
                            data__senders__alertmanager__apitokenfile = data__senders__alertmanager["api_token_file"]
                            fits_secret_file(data__senders__alertmanager__apitokenfile)
                        if "api_receiver" in data__senders__alertmanager_keys:
                            data__senders__alertmanager_keys.remove("api_receiver")
                            data__senders__alertmanager__apireceiver = data__senders__alertmanager["api_receiver"]
                            if not isinstance(data__senders__alertmanager__apireceiver, (str)):
                                raise Unfit
                            if isinstance(data__senders__alertmanager__apireceiver, str):
                                data__senders__alertmanager__apireceiver_len = len(data__senders__alertmanager__apireceiver)
                                if data__senders__alertmanager__apireceiver_len < 1:
                                    raise Unfit
                                if data__senders__alertmanager__apireceiver_len > 256:
                                    raise Unfit
                        if data__senders__alertmanager_keys:
                            raise Unfit
                if "flowtriq" in data__senders_keys:
                    data__senders_keys.remove("flowtriq")
                    data__senders__flowtriq = data__senders["flowtriq"]
                    if not isinstance(data__senders__flowtriq, (dict)):
                        raise Unfit
                    data__senders__flowtriq_is_dict = isinstance(data__senders__flowtriq, dict)
                    if data__senders__flowtriq_is_dict:
                        data__senders__flowtriq_keys = set(data__senders__flowtriq.keys())
                        if "hmac_secret" in data__senders__flowtriq_keys:
                            data__senders__flowtriq_keys.remove("hmac_secret")
                            data__senders__flowtriq__hmacsecret = data__senders__flowtriq["hmac_secret"]
                            fits_hmac_secret(data__senders__flowtriq__hmacsecret)
                        if "hmac_secret_file" in data__senders__flowtriq_keys:
                            data__senders__flowtriq_keys.remove("hmac_secret_file")
                            data__senders__flowtriq__hmacsecretfile = data__senders__flowtriq["hmac_secret_file"]
                            fits_secret_file(data__senders__flowtriq__hmacsecretfile)
                        if "max_age_seconds" in data__senders__flowtriq_keys:
                            data__senders__flowtriq_keys.remove("max_age_seconds")
                            data__senders__flowtriq__maxageseconds = data__senders__flowtriq["max_age_seconds"]
                            fits_max_age_seconds(data__senders__flowtriq__maxageseconds)
                        if data__senders__flowtriq_keys:
                            raise Unfit
                if "grafana" in data__senders_keys:
                    data__senders_keys.remove("grafana")
                    data__senders__grafana = data__senders["grafana"]
                    if not isinstance(data__senders__grafana, (dict)):
                        raise Unfit
                    data__senders__grafana_is_dict = isinstance(data__senders__grafana, dict)
                    if data__senders__grafana_is_dict:
                        data__senders__grafana_keys = set(data__senders__grafana.keys())
                        if "token" in data__senders__grafana_keys:
                            data__senders__grafana_keys.remove("token")
                            data__senders__grafana__token = data__senders__grafana["token"]
                            fits_token(data__senders__grafana__token)
                        if "token_file" in data__senders__grafana_keys:
                            data__senders__grafana_keys.remove("token_file")
                            data__senders__grafana__tokenfile = data__senders__grafana["token_file"]
                            fits_secret_file(data__senders__grafana__tokenfile)
                        if "username" in data__senders__grafana_keys:
                            data__senders__grafana_keys.remove("username")
                            data__senders__grafana__username = data__senders__grafana["username"]
                            fits_username(data__senders__grafana__username)
                        if "password" in data__senders__grafana_keys:
                            data__senders__grafana_keys.remove("password")
                            data__senders__grafana__password = data__senders__grafana["password"]
                            fits_password(data__senders__grafana__password)
                        if "password_file" in data__senders__grafana_keys:
                            data__senders__grafana_keys.remove("password_file")
                            data__senders__grafana__passwordfile = data__senders__grafana["password_file"]
                            fits_secret_file(data__senders__grafana__passwordfile)
                        if "labels" in data__senders__grafana_keys:
                            data__senders__grafana_keys.remove("labels")
                            data__senders__grafana__labels = data__senders__grafana["labels"]
                            fits_labels(data__senders__grafana__labels)
                        if data__senders__grafana_keys:
                            raise Unfit
                if "fastnetmon" in data__senders_keys:
                    data__senders_keys.remove("fastnetmon")
                    data__senders__fastnetmon = data__senders["fastnetmon"]
                    if not isinstance(data__senders__fastnetmon, (dict)):
                        raise Unfit
                    data__senders__fastnetmon_is_dict = isinstance(data__senders__fastnetmon, dict)
                    if data__senders__fastnetmon_is_dict:
                        data__senders__fastnetmon_keys = set(data__senders__fastnetmon.keys())
                        if "token" in data__senders__fastnetmon_keys:
                            data__senders__fastnetmon_keys.remove("token")
                            data__senders__fastnetmon__token = data__senders__fastnetmon["token"]
                            fits_token(data__senders__fastnetmon__token)
                        if "token_file" in data__senders__fastnetmon_keys:
                            data__senders__fastnetmon_keys.remove("token_file")
                            data__senders__fastnetmon__tokenfile = data__senders__fastnetmon["token_file"]
                            fits_secret_file(data__senders__fastnetmon__tokenfile)
                        if "username" in data__senders__fastnetmon_keys:
                            data__senders__fastnetmon_keys.remove("username")
                            data__senders__fastnetmon__username = data__senders__fastnetmon["username"]
                            fits_username(data__senders__fastnetmon__username)
                        if "password" in data__senders__fastnetmon_keys:
                            data__senders__fastnetmon_keys.remove("password")
                            data__senders__fastnetmon__password = data__senders__fastnetmon["password"]
                            fits_password(data__senders__fastnetmon__password)
                        if "password_file" in data__senders__fastnetmon_keys:
                            data__senders__fastnetmon_keys.remove("password_file")
                            data__senders__fastnetmon__passwordfile = data__senders__fastnetmon["password_file"]
                            fits_secret_file(data__senders__fastnetmon__passwordfile)
                        if "use_flow_spec_rules" in data__senders__fastnetmon_keys:
                            data__senders__fastnetmon_keys.remove("use_flow_spec_rules")
                            data__senders__fastnetmon__useflowspecrules = data__senders__fastnetmon["use_flow_spec_rules"]
                            if not isinstance(data__senders__fastnetmon__useflowspecrules, (bool)):
                                raise Unfit
                        if data__senders__fastnetmon_keys:
                            raise Unfit
                if "generic" in data__senders_keys:
                    data__senders_keys.remove("generic")
                    data__senders__generic = data__senders["generic"]
                    if not isinstance(data__senders__generic, (dict)):
                        raise Unfit
                    data__senders__generic_is_dict = isinstance(data__senders__generic, dict)
                    if data__senders__generic_is_dict:
                        data__senders__generic_keys = set(data__senders__generic.keys())
                        if "token" in data__senders__generic_keys:
                            data__senders__generic_keys.remove("token")
                            data__senders__generic__token = data__senders__generic["token"]
                            fits_token(data__senders__generic__token)
                        if "token_file" in data__senders__generic_keys:
                            data__senders__generic_keys.remove("token_file")
                            data__senders__generic__tokenfile = data__senders__generic["token_file"]
                            fits_secret_file(data__senders__generic__tokenfile)
                        if "username" in data__senders__generic_keys:
                            data__senders__generic_keys.remove("username")
                            data__senders__generic__username = data__senders__generic["username"]
                            fits_username(data__senders__generic__username)
                        if "password" in data__senders__generic_keys:
                            data__senders__generic_keys.remove("password")
                            data__senders__generic__password = data__senders__generic["password"]
                            fits_password(data__senders__generic__password)
                        if "password_file" in data__senders__generic_keys:
                            data__senders__generic_keys.remove("password_file")
                            data__senders__generic__passwordfile = data__senders__generic["password_file"]
                            fits_secret_file(data__senders__generic__passwordfile)
                        if "hmac_secret" in data__senders__generic_keys:
                            data__senders__generic_keys.remove("hmac_secret")
                            data__senders__generic__hmacsecret = data__senders__generic["hmac_secret"]
                            fits_hmac_secret(data__senders__generic__hmacsecret)
                        if "hmac_secret_file" in data__senders__generic_keys:
                            data__senders__generic_keys.remove("hmac_secret_file")
                            data__senders__generic__hmacsecretfile = data__senders__generic["hmac_secret_file"]
                            fits_secret_file(data__senders__generic__hmacsecretfile)
                        if "max_age_seconds" in data__senders__generic_keys:
                            data__senders__generic_keys.remove("max_age_seconds")
                            data__senders__generic__maxageseconds = data__senders__generic["max_age_seconds"]
                            fits_max_age_seconds(data__senders__generic__maxageseconds)
                        if data__senders__generic_keys:
                            raise Unfit
                if "custom" in data__senders_keys:
                    data__senders_keys.remove("custom")
                    data__senders__custom = data__senders["custom"]
                    if not isinstance(data__senders__custom, (list)):
                        raise Unfit
                    data__senders__custom_is_list = isinstance(data__senders__custom, (list))
                    if data__senders__custom_is_list:
                        data__senders__custom_len = len(data__senders__custom)
                        if data__senders__custom_len > 32:
                            raise Unfit
                        for data__senders__custom_x, data__senders__custom_item in enumerate(data__senders__custom):
                            if not isinstance(data__senders__custom_item, (dict)):
                                raise Unfit
                            data__senders__custom_item_is_dict = isinstance(data__senders__custom_item, dict)
                            if data__senders__custom_item_is_dict:
                                data__senders__custom_item__missing_keys = set(['name', 'fields']) - data__senders__custom_item.keys()
                                if data__senders__custom_item__missing_keys:
                                    raise Unfit
                                data__senders__custom_item_keys = set(data__senders__custom_item.keys())
                                if "name" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("name")
                                    data__senders__custom_item__name = data__senders__custom_item["name"]
                                    if not isinstance(data__senders__custom_item__name, (str)):
                                        raise Unfit
                                    if isinstance(data__senders__custom_item__name, str):
                                        if not REGEX_PATTERNS['^[a-z][a-z0-9_]{0,31}$(?!\\n)'].search(data__senders__custom_item__name):
                                            raise Unfit
                                if "token" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("token")
                                    data__senders__custom_item__token = data__senders__custom_item["token"]
                                    fits_token(data__senders__custom_item__token)
                                if "token_file" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("token_file")
                                    data__senders__custom_item__tokenfile = data__senders__custom_item["token_file"]
                                    fits_secret_file(data__senders__custom_item__tokenfile)
                                if "username" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("username")
                                    data__senders__custom_item__username = data__senders__custom_item["username"]
                                    fits_username(data__senders__custom_item__username)
                                if "password" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("password")
                                    data__senders__custom_item__password = data__senders__custom_item["password"]
                                    fits_password(data__senders__custom_item__password)
                                if "password_file" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("password_file")
                                    data__senders__custom_item__passwordfile = data__senders__custom_item["password_file"]
                                    fits_secret_file(data__senders__custom_item__passwordfile)
                                if "hmac_secret" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("hmac_secret")
                                    data__senders__custom_item__hmacsecret = data__senders__custom_item["hmac_secret"]
                                    fits_hmac_secret(data__senders__custom_item__hmacsecret)
                                if "hmac_secret_file" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("hmac_secret_file")
                                    data__senders__custom_item__hmacsecretfile = data__senders__custom_item["hmac_secret_file"]
                                    fits_secret_file(data__senders__custom_item__hmacsecretfile)
                                if "max_age_seconds" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("max_age_seconds")
                                    data__senders__custom_item__maxageseconds = data__senders__custom_item["max_age_seconds"]
                                    fits_max_age_seconds(data__senders__custom_item__maxageseconds)
                                if "timestamp" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("timestamp")
                                    data__senders__custom_item__timestamp = data__senders__custom_item["timestamp"]
                                    fits_json_path(data__senders__custom_item__timestamp)
                                if "alerts" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("alerts")
                                    data__senders__custom_item__alerts = data__senders__custom_item["alerts"]
                                    fits_json_path(data__senders__custom_item__alerts)
                                if "fields" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("fields")
                                    data__senders__custom_item__fields = data__senders__custom_item["fields"]
                                    if not isinstance(data__senders__custom_item__fields, (dict)):
                                        raise Unfit
                                    data__senders__custom_item__fields_is_dict = isinstance(data__senders__custom_item__fields, dict)
                                    if data__senders__custom_item__fields_is_dict:
                                        data__senders__custom_item__fields_keys = set(data__senders__custom_item__fields.keys())
                                        if "id" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("id")
                                            data__senders__custom_item__fields__id = data__senders__custom_item__fields["id"]
                                            fits_json_path(data__senders__custom_item__fields__id)
                                        if "status" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("status")
                                            data__senders__custom_item__fields__status = data__senders__custom_item__fields["status"]
                                            fits_json_path(data__senders__custom_item__fields__status)
                                        if "target" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("target")
                                            data__senders__custom_item__fields__target = data__senders__custom_item__fields["target"]
                                            fits_json_path(data__senders__custom_item__fields__target)
                                        if "vector" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("vector")
                                            data__senders__custom_item__fields__vector = data__senders__custom_item__fields["vector"]
                                            fits_json_path(data__senders__custom_item__fields__vector)
                                        if "severity" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("severity")
                                            data__senders__custom_item__fields__severity = data__senders__custom_item__fields["severity"]
                                            fits_json_path(data__senders__custom_item__fields__severity)
                                        if "source_ports" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("source_ports")
                                            data__senders__custom_item__fields__sourceports = data__senders__custom_item__fields["source_ports"]
                                            fits_json_path(data__senders__custom_item__fields__sourceports)
                                        if "destination_ports" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("destination_ports")
                                            data__senders__custom_item__fields__destinationports = data__senders__custom_item__fields["destination_ports"]
                                            fits_json_path(data__senders__custom_item__fields__destinationports)
                                        if "sources" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("sources")
                                            data__senders__custom_item__fields__sources = data__senders__custom_item__fields["sources"]
                                            fits_json_path(data__senders__custom_item__fields__sources)
                                        if "packet_lengths" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("packet_lengths")
                                            data__senders__custom_item__fields__packetlengths = data__senders__custom_item__fields["packet_lengths"]
                                            fits_json_path(data__senders__custom_item__fields__packetlengths)
                                        if "protocols" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("protocols")
                                            data__senders__custom_item__fields__protocols = data__senders__custom_item__fields["protocols"]
                                            fits_json_path(data__senders__custom_item__fields__protocols)
                                        if "tcp_flags" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("tcp_flags")
                                            data__senders__custom_item__fields__tcpflags = data__senders__custom_item__fields["tcp_flags"]
                                            fits_json_path(data__senders__custom_item__fields__tcpflags)
                                        if "bps" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("bps")
                                            data__senders__custom_item__fields__bps = data__senders__custom_item__fields["bps"]
                                            fits_json_path(data__senders__custom_item__fields__bps)
                                        if "pps" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("pps")
                                            data__senders__custom_item__fields__pps = data__senders__custom_item__fields["pps"]
                                            fits_json_path(data__senders__custom_item__fields__pps)
                                        if "started_at" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("started_at")
                                            data__senders__custom_item__fields__startedat = data__senders__custom_item__fields["started_at"]
                                            fits_json_path(data__senders__custom_item__fields__startedat)
                                        if "summary" in data__senders__custom_item__fields_keys:
                                            data__senders__custom_item__fields_keys.remove("summary")
                                            data__senders__custom_item__fields__summary = data__senders__custom_item__fields["summary"]
                                            fits_json_path(data__senders__custom_item__fields__summary)
                                        if data__senders__custom_item__fields_keys:
                                            raise Unfit
                                if "constants" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("constants")
                                    data__senders__custom_item__constants = data__senders__custom_item["constants"]
                                    if not isinstance(data__senders__custom_item__constants, (dict)):
                                        raise Unfit
                                    data__senders__custom_item__constants_is_dict = isinstance(data__senders__custom_item__constants, dict)
                                    if data__senders__custom_item__constants_is_dict:
                                        data__senders__custom_item__constants_keys = set(data__senders__custom_item__constants.keys())
                                        if "vector" in data__senders__custom_item__constants_keys:
                                            data__senders__custom_item__constants_keys.remove("vector")
                                            data__senders__custom_item__constants__vector = data__senders__custom_item__constants["vector"]
                                            if not isinstance(data__senders__custom_item__constants__vector, (str)):
                                                raise Unfit
                                            if isinstance(data__senders__custom_item__constants__vector, str):
                                                data__senders__custom_item__constants__vector_len = len(data__senders__custom_item__constants__vector)
                                                if data__senders__custom_item__constants__vector_len < 1:
                                                    raise Unfit
                                                if data__senders__custom_item__constants__vector_len > 256:
                                                    raise Unfit
                                        if "severity" in data__senders__custom_item__constants_keys:
                                            data__senders__custom_item__constants_keys.remove("severity")
                                            data__senders__custom_item__constants__severity = data__senders__custom_item__constants["severity"]
                                            if not isinstance(data__senders__custom_item__constants__severity, (str)):
                                                raise Unfit
                                            if isinstance(data__senders__custom_item__constants__severity, str):
                                                data__senders__custom_item__constants__severity_len = len(data__senders__custom_item__constants__severity)
                                                if data__senders__custom_item__constants__severity_len < 1:
                                                    raise Unfit
                                                if data__senders__custom_item__constants__severity_len > 256:
                                                    raise Unfit
                                        if "protocols" in data__senders__custom_item__constants_keys:
                                            data__senders__custom_item__constants_keys.remove("protocols")
                                            data__senders__custom_item__constants__protocols = data__senders__custom_item__constants["protocols"]
                                            if not isinstance(data__senders__custom_item__constants__protocols, (str)):
                                                raise Unfit
                                            if isinstance(data__senders__custom_item__constants__protocols, str):
                                                data__senders__custom_item__constants__protocols_len = len(data__senders__custom_item__constants__protocols)
                                                if data__senders__custom_item__constants__protocols_len < 1:
                                                    raise Unfit
                                                if data__senders__custom_item__constants__protocols_len > 256:
                                                    raise Unfit
                                        if "source_ports" in data__senders__custom_item__constants_keys:
                                            data__senders__custom_item__constants_keys.remove("source_ports")
                                            data__senders__custom_item__constants__sourceports = data__senders__custom_item__constants["source_ports"]
                                            if not isinstance(data__senders__custom_item__constants__sourceports, (str)):
                                                raise Unfit
                                            if isinstance(data__senders__custom_item__constants__sourceports, str):
                                                data__senders__custom_item__constants__sourceports_len = len(data__senders__custom_item__constants__sourceports)
                                                if data__senders__custom_item__constants__sourceports_len < 1:
                                                    raise Unfit
                                                if data__senders__custom_item__constants__sourceports_len > 256:
                                                    raise Unfit
                                        if "destination_ports" in data__senders__custom_item__constants_keys:
                                            data__senders__custom_item__constants_keys.remove("destination_ports")
                                            data__senders__custom_item__constants__destinationports = data__senders__custom_item__constants["destination_ports"]
                                            if not isinstance(data__senders__custom_item__constants__destinationports, (str)):
                                                raise Unfit
                                            if isinstance(data__senders__custom_item__constants__destinationports, str):
                                                data__senders__custom_item__constants__destinationports_len = len(data__senders__custom_item__constants__destinationports)
                                                if data__senders__custom_item__constants__destinationports_len < 1:
                                                    raise Unfit
                                                if data__senders__custom_item__constants__destinationports_len > 256:
                                                    raise Unfit
                                        if data__senders__custom_item__constants_keys:
                                            raise Unfit
                                if "statuses" in data__senders__custom_item_keys:
                                    data__senders__custom_item_keys.remove("statuses")
                                    data__senders__custom_item__statuses = data__senders__custom_item["statuses"]
                                    if not isinstance(data__senders__custom_item__statuses, (dict)):
                                        raise Unfit
                                    data__senders__custom_item__statuses_is_dict = isinstance(data__senders__custom_item__statuses, dict)
                                    if data__senders__custom_item__statuses_is_dict:
                                        data__senders__custom_item__statuses_keys = set(data__senders__custom_item__statuses.keys())
                                        if "started" in data__senders__custom_item__statuses_keys:
                                            data__senders__custom_item__statuses_keys.remove("started")
                                            data__senders__custom_item__statuses__started = data__senders__custom_item__statuses["started"]
                                            if not isinstance(data__senders__custom_item__statuses__started, (list)):
                                                raise Unfit
                                            data__senders__custom_item__statuses__started_is_list = isinstance(data__senders__custom_item__statuses__started, (list))
                                            if data__senders__custom_item__statuses__started_is_list:
                                                data__senders__custom_item__statuses__started_len = len(data__senders__custom_item__statuses__started)
                                                if data__senders__custom_item__statuses__started_len > 32:
                                                    raise Unfit
                                                for data__senders__custom_item__statuses__started_x, data__senders__custom_item__statuses__started_item in enumerate(data__senders__custom_item__statuses__started):
                                                    if not isinstance(data__senders__custom_item__statuses__started_item, (str)):
                                                        raise Unfit
                                                    if isinstance(data__senders__custom_item__statuses__started_item, str):
                                                        data__senders__custom_item__statuses__started_item_len = len(data__senders__custom_item__statuses__started_item)
                                                        if data__senders__custom_item__statuses__started_item_len < 1:
                                                            raise Unfit
                                                        if data__senders__custom_item__statuses__started_item_len > 128:
                                                            raise Unfit
                                        if "updated" in data__senders__custom_item__statuses_keys:
                                            data__senders__custom_item__statuses_keys.remove("updated")
                                            data__senders__custom_item__statuses__updated = data__senders__custom_item__statuses["updated"]
                                            if not isinstance(data__senders__custom_item__statuses__updated, (list)):
                                                raise Unfit
                                            data__senders__custom_item__statuses__updated_is_list = isinstance(data__senders__custom_item__statuses__updated, (list))
                                            if data__senders__custom_item__statuses__updated_is_list:
                                                data__senders__custom_item__statuses__updated_len = len(data__senders__custom_item__statuses__updated)
                                                if data__senders__custom_item__statuses__updated_len > 32:
                                                    raise Unfit
                                                for data__senders__custom_item__statuses__updated_x, data__senders__custom_item__statuses__updated_item in enumerate(data__senders__custom_item__statuses__updated):
                                                    if not isinstance(data__senders__custom_item__statuses__updated_item, (str)):
                                                        raise Unfit
                                                    if isinstance(data__senders__custom_item__statuses__updated_item, str):
                                                        data__senders__custom_item__statuses__updated_item_len = len(data__senders__custom_item__statuses__updated_item)
                                                        if data__senders__custom_item__statuses__updated_item_len < 1:
                                                            raise Unfit
                                                        if data__senders__custom_item__statuses__updated_item_len > 128:
                                                            raise Unfit
                                        if "ended" in data__senders__custom_item__statuses_keys:
                                            data__senders__custom_item__statuses_keys.remove("ended")
                                            data__senders__custom_item__statuses__ended = data__senders__custom_item__statuses["ended"]
                                            if not isinstance(data__senders__custom_item__statuses__ended, (list)):
                                                raise Unfit
                                            data__senders__custom_item__statuses__ended_is_list = isinstance(data__senders__custom_item__statuses__ended, (list))
                                            if data__senders__custom_item__statuses__ended_is_list:
                                                data__senders__custom_item__statuses__ended_len = len(data__senders__custom_item__statuses__ended)
                                                if data__senders__custom_item__statuses__ended_len > 32:
                                                    raise Unfit
                                                for data__senders__custom_item__statuses__ended_x, data__senders__custom_item__statuses__ended_item in enumerate(data__senders__custom_item__statuses__ended):
                                                    if not isinstance(data__senders__custom_item__statuses__ended_item, (str)):
                                                        raise Unfit
                                                    if isinstance(data__senders__custom_item__statuses__ended_item, str):
                                                        data__senders__custom_item__statuses__ended_item_len = len(data__senders__custom_item__statuses__ended_item)
                                                        if data__senders__custom_item__statuses__ended_item_len < 1:
                                                            raise Unfit
                                                        if data__senders__custom_item__statuses__ended_item_len > 128:
                                                            raise Unfit
                                        if data__senders__custom_item__statuses_keys:
                                            raise Unfit
                                if data__senders__custom_item_keys:
                                    raise Unfit
                if data__senders_keys:
                    raise Unfit
        if data_keys:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
    'vectors': fits_vectors,
    'token': fits_token,
    'username': fits_username,
    'password': fits_password,
    'labels': fits_labels,
    'hmac_secret': fits_hmac_secret,
    'max_age_seconds': fits_max_age_seconds,
    'json_path': fits_json_path,
    'secret_file': fits_secret_file,
}
