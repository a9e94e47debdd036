"""Generated from schemas/sender_words.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^[a-z][a-z0-9_]{0,63}$(?!\\n)': re.compile('^[a-z][a-z0-9_]{0,63}\\Z(?!\\n)')
}

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        data_keys = set(data.keys())
        for data_key in data_keys:
            if data_key not in []:
                data_value = data.get(data_key)
                if not isinstance(data_value, (dict)):
                    raise Unfit
                data_value_is_dict = isinstance(data_value, dict)
                if data_value_is_dict:
                    data_value__missing_keys = set(['title', 'source', 'words']) - data_value.keys()
                    if data_value__missing_keys:
                        raise Unfit
                    data_value_keys = set(data_value.keys())
                    if "title" in data_value_keys:
                        data_value_keys.remove("title")
                        data_value__title = data_value["title"]
                        if not isinstance(data_value__title, (str)):
                            raise Unfit
                        if isinstance(data_value__title, str):
                            data_value__title_len = len(data_value__title)
                            if data_value__title_len < 1:
                                raise Unfit
                    if "source" in data_value_keys:
                        data_value_keys.remove("source")
                        data_value__source = data_value["source"]
                        if not isinstance(data_value__source, (str)):
                            raise Unfit
                        if isinstance(data_value__source, str):
                            data_value__source_len = len(data_value__source)
                            if data_value__source_len < 1:
                                raise Unfit
                    if "words" in data_value_keys:
                        data_value_keys.remove("words")
                        data_value__words = data_value["words"]
                        if not isinstance(data_value__words, (dict)):
                            raise Unfit
                        data_value__words_is_dict = isinstance(data_value__words, dict)
                        if data_value__words_is_dict:
                            data_value__words_len = len(data_value__words)
                            if data_value__words_len < 1:
                                raise Unfit
                            data_value__words_keys = set(data_value__words.keys())
                            for data_value__words_key in data_value__words_keys:
                                if data_value__words_key not in []:
                                    data_value__words_value = data_value__words.get(data_value__words_key)
                                    if not isinstance(data_value__words_value, (list)):
                                        raise Unfit
                                    data_value__words_value_is_list = isinstance(data_value__words_value, (list))
                                    if data_value__words_value_is_list:
                                        data_value__words_value_len = len(data_value__words_value)
                                        if data_value__words_value_len < 1:
                                            raise Unfit
                                        for data_value__words_value_x, data_value__words_value_item in enumerate(data_value__words_value):
                                            if not isinstance(data_value__words_value_item, (str)):
                                                raise Unfit
                                            if isinstance(data_value__words_value_item, str):
                                                data_value__words_value_item_len = len(data_value__words_value_item)
                                                if data_value__words_value_item_len < 1:
                                                    raise Unfit
                    if data_value_keys:
                        raise Unfit
        if data_len != 0:
            data_property_names = True
            for data_key in data:
                try:
                    if isinstance(data_key, str):
                        if not REGEX_PATTERNS['^[a-z][a-z0-9_]{0,63}$(?!\\n)'].search(data_key):
                            raise Unfit
                except Unfit:
                    data_property_names = False
            if not data_property_names:
                raise Unfit
    return data

CHECKS = {
    None: fits_whole,
}
