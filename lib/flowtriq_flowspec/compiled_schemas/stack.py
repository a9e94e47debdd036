"""Generated from schemas/stack.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^[^/@]+:[0-9]{1,5}$': re.compile('^[^/@]+:[0-9]{1,5}\\Z'),
    '^/': re.compile('^/')
}

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['pack_config', 'database']) - data.keys()
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
        if "database" in data_keys:
            data_keys.remove("database")
            data__database = data["database"]
            if not isinstance(data__database, (str)):
                raise Unfit
            if isinstance(data__database, str):
                data__database_len = len(data__database)
                if data__database_len < 1:
                    raise Unfit
        if "exabgp" in data_keys:
            data_keys.remove("exabgp")
            data__exabgp = data["exabgp"]
            if not isinstance(data__exabgp, (str)):
                raise Unfit
            if isinstance(data__exabgp, str):
                data__exabgp_len = len(data__exabgp)
                if data__exabgp_len < 1:
                    raise Unfit
        if "console" in data_keys:
            data_keys.remove("console")
            data__console = data["console"]
            if not isinstance(data__console, (str)):
                raise Unfit
            if isinstance(data__console, str):
                data__console_len = len(data__console)
                if data__console_len < 1:
                    raise Unfit
        if "questions_socket" in data_keys:
            data_keys.remove("questions_socket")
            data__questionssocket = data["questions_socket"]
            if not isinstance(data__questionssocket, (str)):
                raise Unfit
            if isinstance(data__questionssocket, str):
                data__questionssocket_len = len(data__questionssocket)
                if data__questionssocket_len < 1:
                    raise Unfit
        if "metrics" in data_keys:
            data_keys.remove("metrics")
            data__metrics = data["metrics"]
            if not isinstance(data__metrics, (str)):
                raise Unfit
            if isinstance(data__metrics, str):
                if not REGEX_PATTERNS['^[^/@]+:[0-9]{1,5}$'].search(data__metrics):
                    raise Unfit
        if "exporter" in data_keys:
            data_keys.remove("exporter")
            data__exporter = data["exporter"]
            if not isinstance(data__exporter, (dict)):
                raise Unfit
            data__exporter_is_dict = isinstance(data__exporter, dict)
            if data__exporter_is_dict:
                data__exporter__missing_keys = set(['adapters']) - data__exporter.keys()
                if data__exporter__missing_keys:
                    raise Unfit
                data__exporter_keys = set(data__exporter.keys())
                if "listen_address" in data__exporter_keys:
                    data__exporter_keys.remove("listen_address")
                    data__exporter__listenaddress = data__exporter["listen_address"]
                    if not isinstance(data__exporter__listenaddress, (str)):
                        raise Unfit
                if "adapters" in data__exporter_keys:
                    data__exporter_keys.remove("adapters")
                    data__exporter__adapters = data__exporter["adapters"]
                    if not isinstance(data__exporter__adapters, (dict)):
                        raise Unfit
                    data__exporter__adapters_is_dict = isinstance(data__exporter__adapters, dict)
                    if data__exporter__adapters_is_dict:
                        data__exporter__adapters_len = len(data__exporter__adapters)
                        if data__exporter__adapters_len < 1:
                            raise Unfit
                        data__exporter__adapters_keys = set(data__exporter__adapters.keys())
                        for data__exporter__adapters_key in data__exporter__adapters_keys:
                            if data__exporter__adapters_key not in []:
                                data__exporter__adapters_value = data__exporter__adapters.get(data__exporter__adapters_key)
                                if not isinstance(data__exporter__adapters_value, (str)):
                                    raise Unfit
                                if isinstance(data__exporter__adapters_value, str):
                                    if not REGEX_PATTERNS['^/'].search(data__exporter__adapters_value):
                                        raise Unfit
                if data__exporter_keys:
                    raise Unfit
        if data_keys:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
}
