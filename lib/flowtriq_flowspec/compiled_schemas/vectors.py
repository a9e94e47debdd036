"""Generated from schemas/vectors.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^[A-FKMNPRST]( [A-FKMNPRST])*$': re.compile('^[A-FKMNPRST]( [A-FKMNPRST])*\\Z'),
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
                data_value_one_of_count1 = 0
                if data_value_one_of_count1 < 2:
                    try:
                        data_value_is_dict = isinstance(data_value, dict)
                        if data_value_is_dict:
                            data_value__missing_keys = set(['match', 'action', 'caveat']) - data_value.keys()
                            if data_value__missing_keys:
                                raise Unfit
                        data_value_one_of_count1 += 1
                    except Unfit: pass
                if data_value_one_of_count1 < 2:
                    try:
                        try:
                            data_value_any_of_count2 = 0
                            if not data_value_any_of_count2:
                                try:
                                    data_value_is_dict = isinstance(data_value, dict)
                                    if data_value_is_dict:
                                        data_value__missing_keys = set(['match']) - data_value.keys()
                                        if data_value__missing_keys:
                                            raise Unfit
                                    data_value_any_of_count2 += 1
                                except Unfit: pass
                            if not data_value_any_of_count2:
                                try:
                                    data_value_is_dict = isinstance(data_value, dict)
                                    if data_value_is_dict:
                                        data_value__missing_keys = set(['action']) - data_value.keys()
                                        if data_value__missing_keys:
                                            raise Unfit
                                    data_value_any_of_count2 += 1
                                except Unfit: pass
                            if not data_value_any_of_count2:
                                raise Unfit
                        except Unfit: pass
                        else:
                            raise Unfit
                        data_value_is_dict = isinstance(data_value, dict)
                        if data_value_is_dict:
                            data_value__missing_keys = set(['components']) - data_value.keys()
                            if data_value__missing_keys:
                                raise Unfit
                        data_value_one_of_count1 += 1
                    except Unfit: pass
                if data_value_one_of_count1 < 2:
                    try:
                        try:
                            data_value_any_of_count3 = 0
                            if not data_value_any_of_count3:
                                try:
                                    data_value_is_dict = isinstance(data_value, dict)
                                    if data_value_is_dict:
                                        data_value__missing_keys = set(['match']) - data_value.keys()
                                        if data_value__missing_keys:
                                            raise Unfit
                                    data_value_any_of_count3 += 1
                                except Unfit: pass
                            if not data_value_any_of_count3:
                                try:
                                    data_value_is_dict = isinstance(data_value, dict)
                                    if data_value_is_dict:
                                        data_value__missing_keys = set(['action']) - data_value.keys()
                                        if data_value__missing_keys:
                                            raise Unfit
                                    data_value_any_of_count3 += 1
                                except Unfit: pass
                            if not data_value_any_of_count3:
                                raise Unfit
                        except Unfit: pass
                        else:
                            raise Unfit
                        data_value_is_dict = isinstance(data_value, dict)
                        if data_value_is_dict:
                            data_value__missing_keys = set(['refuse']) - data_value.keys()
                            if data_value__missing_keys:
                                raise Unfit
                        data_value_one_of_count1 += 1
                    except Unfit: pass
                if data_value_one_of_count1 != 1:
                    raise Unfit
                data_value_is_dict = isinstance(data_value, dict)
                if data_value_is_dict:
                    data_value__missing_keys = set(['title', 'family', 'facts']) - data_value.keys()
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
                            if data_value__title_len > 100:
                                raise Unfit
                    if "family" in data_value_keys:
                        data_value_keys.remove("family")
                        data_value__family = data_value["family"]
                        if not isinstance(data_value__family, (str)):
                            raise Unfit
                        if not (isinstance(data_value__family, str) and data_value__family == 'tcp_flood' or isinstance(data_value__family, str) and data_value__family == 'udp_flood' or isinstance(data_value__family, str) and data_value__family == 'icmp_flood' or isinstance(data_value__family, str) and data_value__family == 'fragment_flood' or isinstance(data_value__family, str) and data_value__family == 'protocol_flood' or isinstance(data_value__family, str) and data_value__family == 'amplification' or isinstance(data_value__family, str) and data_value__family == 'application' or isinstance(data_value__family, str) and data_value__family == 'unknown'):
                            raise Unfit
                    if "match" in data_value_keys:
                        data_value_keys.remove("match")
                        data_value__match = data_value["match"]
                        if not isinstance(data_value__match, (dict)):
                            raise Unfit
                    if "ipv6" in data_value_keys:
                        data_value_keys.remove("ipv6")
                        data_value__ipv6 = data_value["ipv6"]
                        data_value__ipv6_any_of_count4 = 0
                        if not data_value__ipv6_any_of_count4:
                            try:
                                if not isinstance(data_value__ipv6, (dict)):
                                    raise Unfit
                                data_value__ipv6_is_dict = isinstance(data_value__ipv6, dict)
                                if data_value__ipv6_is_dict:
                                    data_value__ipv6_len = len(data_value__ipv6)
                                    if data_value__ipv6_len < 1:
                                        raise Unfit
                                data_value__ipv6_any_of_count4 += 1
                            except Unfit: pass
                        if not data_value__ipv6_any_of_count4:
                            try:
                                if not (isinstance(data_value__ipv6, bool) and data_value__ipv6 is False):
                                    raise Unfit
                                data_value__ipv6_any_of_count4 += 1
                            except Unfit: pass
                        if not data_value__ipv6_any_of_count4:
                            raise Unfit
                    if "without_ports" in data_value_keys:
                        data_value_keys.remove("without_ports")
                        data_value__withoutports = data_value["without_ports"]
                        if not isinstance(data_value__withoutports, (dict)):
                            raise Unfit
                        data_value__withoutports_is_dict = isinstance(data_value__withoutports, dict)
                        if data_value__withoutports_is_dict:
                            data_value__withoutports_len = len(data_value__withoutports)
                            if data_value__withoutports_len < 1:
                                raise Unfit
                    if "ipv6_without_ports" in data_value_keys:
                        data_value_keys.remove("ipv6_without_ports")
                        data_value__ipv6withoutports = data_value["ipv6_without_ports"]
                        if not isinstance(data_value__ipv6withoutports, (dict)):
                            raise Unfit
                        data_value__ipv6withoutports_is_dict = isinstance(data_value__ipv6withoutports, dict)
                        if data_value__ipv6withoutports_is_dict:
                            data_value__ipv6withoutports_len = len(data_value__ipv6withoutports)
                            if data_value__ipv6withoutports_len < 1:
                                raise Unfit
                    if "requires" in data_value_keys:
                        data_value_keys.remove("requires")
                        data_value__requires = data_value["requires"]
                        if not isinstance(data_value__requires, (list)):
                            raise Unfit
                        data_value__requires_is_list = isinstance(data_value__requires, (list))
                        if data_value__requires_is_list:
                            data_value__requires_len = len(data_value__requires)
                            if data_value__requires_len < 1:
                                raise Unfit
                            for data_value__requires_x, data_value__requires_item in enumerate(data_value__requires):
                                if not (isinstance(data_value__requires_item, str) and data_value__requires_item == 'source_ports' or isinstance(data_value__requires_item, str) and data_value__requires_item == 'destination_ports' or isinstance(data_value__requires_item, str) and data_value__requires_item == 'sources' or isinstance(data_value__requires_item, str) and data_value__requires_item == 'packet_lengths' or isinstance(data_value__requires_item, str) and data_value__requires_item == 'protocols' or isinstance(data_value__requires_item, str) and data_value__requires_item == 'tcp_flags'):
                                    raise Unfit
                    if "components" in data_value_keys:
                        data_value_keys.remove("components")
                        data_value__components = data_value["components"]
                        if not isinstance(data_value__components, (list)):
                            raise Unfit
                        data_value__components_is_list = isinstance(data_value__components, (list))
                        if data_value__components_is_list:
                            data_value__components_len = len(data_value__components)
                            if data_value__components_len < 2:
                                raise Unfit
                            for data_value__components_x, data_value__components_item in enumerate(data_value__components):
                                if not isinstance(data_value__components_item, (str)):
                                    raise Unfit
                    if "refuse" in data_value_keys:
                        data_value_keys.remove("refuse")
                        data_value__refuse = data_value["refuse"]
                        if not isinstance(data_value__refuse, (str)):
                            raise Unfit
                        if isinstance(data_value__refuse, str):
                            data_value__refuse_len = len(data_value__refuse)
                            if data_value__refuse_len < 1:
                                raise Unfit
                    if "fragments" in data_value_keys:
                        data_value_keys.remove("fragments")
                        data_value__fragments = data_value["fragments"]
                        if not isinstance(data_value__fragments, (bool)):
                            raise Unfit
                    if "action" in data_value_keys:
                        data_value_keys.remove("action")
                        data_value__action = data_value["action"]
                        if not (isinstance(data_value__action, str) and data_value__action == 'discard' or isinstance(data_value__action, str) and data_value__action == 'rate-limit' or isinstance(data_value__action, str) and data_value__action == 'default'):
                            raise Unfit
                    if "discard" in data_value_keys:
                        data_value_keys.remove("discard")
                        data_value__discard = data_value["discard"]
                        if not (isinstance(data_value__discard, str) and data_value__discard == 'allowed' or isinstance(data_value__discard, str) and data_value__discard == 'narrowed' or isinstance(data_value__discard, str) and data_value__discard == 'never'):
                            raise Unfit
                    if "caveat" in data_value_keys:
                        data_value_keys.remove("caveat")
                        data_value__caveat = data_value["caveat"]
                        if not isinstance(data_value__caveat, (str)):
                            raise Unfit
                        if isinstance(data_value__caveat, str):
                            data_value__caveat_len = len(data_value__caveat)
                            if data_value__caveat_len < 1:
                                raise Unfit
                    if "vague" in data_value_keys:
                        data_value_keys.remove("vague")
                        data_value__vague = data_value["vague"]
                        if not isinstance(data_value__vague, (bool)):
                            raise Unfit
                    if "aliases" in data_value_keys:
                        data_value_keys.remove("aliases")
                        data_value__aliases = data_value["aliases"]
                        if not isinstance(data_value__aliases, (list)):
                            raise Unfit
                        data_value__aliases_is_list = isinstance(data_value__aliases, (list))
                        if data_value__aliases_is_list:
                            data_value__aliases_len = len(data_value__aliases)
                            for data_value__aliases_x, data_value__aliases_item in enumerate(data_value__aliases):
                                if not isinstance(data_value__aliases_item, (str)):
                                    raise Unfit
                                if isinstance(data_value__aliases_item, str):
                                    data_value__aliases_item_len = len(data_value__aliases_item)
                                    if data_value__aliases_item_len < 1:
                                        raise Unfit
                    if "facts" in data_value_keys:
                        data_value_keys.remove("facts")
                        data_value__facts = data_value["facts"]
                        if not isinstance(data_value__facts, (str)):
                            raise Unfit
                        if isinstance(data_value__facts, str):
                            if not REGEX_PATTERNS['^[A-FKMNPRST]( [A-FKMNPRST])*$'].search(data_value__facts):
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
