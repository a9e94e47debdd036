"""Generated from schemas/flow.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(bit/s|bps)?$(?!\\n)': re.compile('^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(bit/s|bps)?\\Z(?!\\n)'),
    '^[0-9]{1,5}:[0-9]{1,5}$(?!\\n)': re.compile('^[0-9]{1,5}:[0-9]{1,5}\\Z(?!\\n)')
}

def fits_flag(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 24:
            raise Unfit
    return data

def fits_flagnames(data):
    if not isinstance(data, (list)):
        raise Unfit
    data_is_list = isinstance(data, (list))
    if data_is_list:
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 16:
            raise Unfit
        for data_x, data_item in enumerate(data):
            fits_flag(data_item)
    return data

def fits_flags(data):
    if not isinstance(data, (str, dict, list)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 24:
            raise Unfit
    data_is_list = isinstance(data, (list))
    if data_is_list:
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 16:
            raise Unfit
        for data_x, data_item in enumerate(data):
            fits_flagterm(data_item)
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        data_keys = set(data.keys())
        if "any" in data_keys:
            data_keys.remove("any")
            data__any = data["any"]
            fits_flagnames(data__any)
        if "all" in data_keys:
            data_keys.remove("all")
            data__all = data["all"]
            fits_flagnames(data__all)
        if "not" in data_keys:
            data_keys.remove("not")
            data__not = data["not"]
            fits_flagnames(data__not)
        if data_keys:
            raise Unfit
    return data

def fits_flagterm(data):
    if not isinstance(data, (str, dict)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 24:
            raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        data_keys = set(data.keys())
        if "any" in data_keys:
            data_keys.remove("any")
            data__any = data["any"]
            fits_flagnames(data__any)
        if "all" in data_keys:
            data_keys.remove("all")
            data__all = data["all"]
            fits_flagnames(data__all)
        if "not" in data_keys:
            data_keys.remove("not")
            data__not = data["not"]
            fits_flagnames(data__not)
        if data_keys:
            raise Unfit
    return data

def fits_match(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['destination']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "destination" in data_keys:
            data_keys.remove("destination")
            data__destination = data["destination"]
            fits_prefix(data__destination)
        if "source" in data_keys:
            data_keys.remove("source")
            data__source = data["source"]
            fits_prefix(data__source)
        if "protocol" in data_keys:
            data_keys.remove("protocol")
            data__protocol = data["protocol"]
            fits_numbers(data__protocol)
        if "next-header" in data_keys:
            data_keys.remove("next-header")
            data__nextheader = data["next-header"]
            fits_numbers(data__nextheader)
        if "port" in data_keys:
            data_keys.remove("port")
            data__port = data["port"]
            fits_numbers(data__port)
        if "destination-port" in data_keys:
            data_keys.remove("destination-port")
            data__destinationport = data["destination-port"]
            fits_numbers(data__destinationport)
        if "source-port" in data_keys:
            data_keys.remove("source-port")
            data__sourceport = data["source-port"]
            fits_numbers(data__sourceport)
        if "icmp-type" in data_keys:
            data_keys.remove("icmp-type")
            data__icmptype = data["icmp-type"]
            fits_numbers(data__icmptype)
        if "icmp-code" in data_keys:
            data_keys.remove("icmp-code")
            data__icmpcode = data["icmp-code"]
            fits_numbers(data__icmpcode)
        if "tcp-flags" in data_keys:
            data_keys.remove("tcp-flags")
            data__tcpflags = data["tcp-flags"]
            fits_flags(data__tcpflags)
        if "packet-length" in data_keys:
            data_keys.remove("packet-length")
            data__packetlength = data["packet-length"]
            fits_numbers(data__packetlength)
        if "dscp" in data_keys:
            data_keys.remove("dscp")
            data__dscp = data["dscp"]
            fits_numbers(data__dscp)
        if "traffic-class" in data_keys:
            data_keys.remove("traffic-class")
            data__trafficclass = data["traffic-class"]
            fits_numbers(data__trafficclass)
        if "fragment" in data_keys:
            data_keys.remove("fragment")
            data__fragment = data["fragment"]
            fits_flags(data__fragment)
        if "flow-label" in data_keys:
            data_keys.remove("flow-label")
            data__flowlabel = data["flow-label"]
            fits_numbers(data__flowlabel)
        if "unicast" in data_keys:
            data_keys.remove("unicast")
            data__unicast = data["unicast"]
            if not (isinstance(data__unicast, bool) and data__unicast is True):
                raise Unfit
        if data_keys:
            raise Unfit
    return data

def fits_number(data):
    if not isinstance(data, (int, str)) and not (isinstance(data, float) and data.is_integer()) or isinstance(data, bool):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 24:
            raise Unfit
    return data

def fits_numbers(data):
    if not isinstance(data, (int, str, list)) and not (isinstance(data, float) and data.is_integer()) or isinstance(data, bool):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 24:
            raise Unfit
    data_is_list = isinstance(data, (list))
    if data_is_list:
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 32:
            raise Unfit
        for data_x, data_item in enumerate(data):
            fits_number(data_item)
    return data

def fits_prefix(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 2:
            raise Unfit
        if data_len > 64:
            raise Unfit
    return data

def fits_then(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        data_keys = set(data.keys())
        if "blackhole" in data_keys:
            data_keys.remove("blackhole")
            data__blackhole = data["blackhole"]
            if not isinstance(data__blackhole, (str)):
                raise Unfit
            if isinstance(data__blackhole, str):
                data__blackhole_len = len(data__blackhole)
                if data__blackhole_len < 2:
                    raise Unfit
                if data__blackhole_len > 45:
                    raise Unfit
        if "discard" in data_keys:
            data_keys.remove("discard")
            data__discard = data["discard"]
            if not (isinstance(data__discard, bool) and data__discard is True):
                raise Unfit
        if "drop" in data_keys:
            data_keys.remove("drop")
            data__drop = data["drop"]
            if not (isinstance(data__drop, bool) and data__drop is True):
                raise Unfit
        if "rate-limit" in data_keys:
            data_keys.remove("rate-limit")
            data__ratelimit = data["rate-limit"]
            if not isinstance(data__ratelimit, (int, str)) and not (isinstance(data__ratelimit, float) and data__ratelimit.is_integer()) or isinstance(data__ratelimit, bool):
                raise Unfit
            if isinstance(data__ratelimit, str):
                if not REGEX_PATTERNS['^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(bit/s|bps)?$(?!\\n)'].search(data__ratelimit):
                    raise Unfit
            if isinstance(data__ratelimit, (int, float)) and not isinstance(data__ratelimit, bool):
                if data__ratelimit < 8:
                    raise Unfit
                if data__ratelimit > 8000000000000:
                    raise Unfit
        if "redirect" in data_keys:
            data_keys.remove("redirect")
            data__redirect = data["redirect"]
            if not isinstance(data__redirect, (str)):
                raise Unfit
            if isinstance(data__redirect, str):
                data__redirect_len = len(data__redirect)
                if data__redirect_len < 2:
                    raise Unfit
                if data__redirect_len > 64:
                    raise Unfit
        if "mark" in data_keys:
            data_keys.remove("mark")
            data__mark = data["mark"]
            if not isinstance(data__mark, (int)) and not (isinstance(data__mark, float) and data__mark.is_integer()) or isinstance(data__mark, bool):
                raise Unfit
            if isinstance(data__mark, (int, float)) and not isinstance(data__mark, bool):
                if data__mark < 0:
                    raise Unfit
                if data__mark > 63:
                    raise Unfit
        if "sample" in data_keys:
            data_keys.remove("sample")
            data__sample = data["sample"]
            if not (isinstance(data__sample, bool) and data__sample is True):
                raise Unfit
        if "terminal" in data_keys:
            data_keys.remove("terminal")
            data__terminal = data["terminal"]
            if not (isinstance(data__terminal, bool) and data__terminal is True):
                raise Unfit
        if "community" in data_keys:
            data_keys.remove("community")
            data__community = data["community"]
            if not isinstance(data__community, (list)):
                raise Unfit
            data__community_is_list = isinstance(data__community, (list))
            if data__community_is_list:
                data__community_len = len(data__community)
                if data__community_len < 1:
                    raise Unfit
                if data__community_len > 16:
                    raise Unfit
                for data__community_x, data__community_item in enumerate(data__community):
                    if not isinstance(data__community_item, (str)):
                        raise Unfit
                    if isinstance(data__community_item, str):
                        if not REGEX_PATTERNS['^[0-9]{1,5}:[0-9]{1,5}$(?!\\n)'].search(data__community_item):
                            raise Unfit
        if data_keys:
            raise Unfit
    return data

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['match', 'then']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "match" in data_keys:
            data_keys.remove("match")
            data__match = data["match"]
            fits_match(data__match)
        if "then" in data_keys:
            data_keys.remove("then")
            data__then = data["then"]
            fits_then(data__then)
        if data_keys:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
    'match': fits_match,
    'then': fits_then,
    'prefix': fits_prefix,
    'number': fits_number,
    'numbers': fits_numbers,
    'flag': fits_flag,
    'flagNames': fits_flagnames,
    'flagTerm': fits_flagterm,
    'flags': fits_flags,
}
