"""Generated from schemas/adapter_tokens.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^[0-9a-f]{64}$(?!\\n)': re.compile('^[0-9a-f]{64}\\Z(?!\\n)'),
    '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9]{2}:[0-9]{2})$(?!\\n)': re.compile('^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9]{2}:[0-9]{2})\\Z(?!\\n)')
}

def fits_whole(data):
    if not isinstance(data, (list)):
        raise Unfit
    data_is_list = isinstance(data, (list))
    if data_is_list:
        data_len = len(data)
        for data_x, data_item in enumerate(data):
            if not isinstance(data_item, (dict)):
                raise Unfit
            data_item_is_dict = isinstance(data_item, dict)
            if data_item_is_dict:
                data_item__missing_keys = set(['name', 'sha256', 'role']) - data_item.keys()
                if data_item__missing_keys:
                    raise Unfit
                data_item_keys = set(data_item.keys())
                if "name" in data_item_keys:
                    data_item_keys.remove("name")
                    data_item__name = data_item["name"]
                    if not isinstance(data_item__name, (str)):
                        raise Unfit
                    if isinstance(data_item__name, str):
                        data_item__name_len = len(data_item__name)
                        if data_item__name_len < 1:
                            raise Unfit
                        if data_item__name_len > 64:
                            raise Unfit
                if "sha256" in data_item_keys:
                    data_item_keys.remove("sha256")
                    data_item__sha256 = data_item["sha256"]
                    if not isinstance(data_item__sha256, (str)):
                        raise Unfit
                    if isinstance(data_item__sha256, str):
                        if not REGEX_PATTERNS['^[0-9a-f]{64}$(?!\\n)'].search(data_item__sha256):
                            raise Unfit
                if "role" in data_item_keys:
                    data_item_keys.remove("role")
                    data_item__role = data_item["role"]
                    if not (isinstance(data_item__role, str) and data_item__role == 'read' or isinstance(data_item__role, str) and data_item__role == 'operate' or isinstance(data_item__role, str) and data_item__role == 'automation' or isinstance(data_item__role, str) and data_item__role == 'admin'):
                        raise Unfit
                if "expires_at" in data_item_keys:
                    data_item_keys.remove("expires_at")
                    data_item__expiresat = data_item["expires_at"]
                    if not isinstance(data_item__expiresat, (str)):
                        raise Unfit
                    if isinstance(data_item__expiresat, str):
                        if not REGEX_PATTERNS['^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9]{2}:[0-9]{2})$(?!\\n)'].search(data_item__expiresat):
                            raise Unfit
                if data_item_keys:
                    raise Unfit
    return data

CHECKS = {
    None: fits_whole,
}
