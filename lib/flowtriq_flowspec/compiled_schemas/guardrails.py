"""Generated from schemas/guardrails.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^[0-9]{1,5}:[0-9]{1,5}$(?!\\n)': re.compile('^[0-9]{1,5}:[0-9]{1,5}\\Z(?!\\n)'),
    '^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(bit/s|bps)?$(?!\\n)': re.compile('^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(bit/s|bps)?\\Z(?!\\n)')
}

def fits_peer(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['address']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "address" in data_keys:
            data_keys.remove("address")
            data__address = data["address"]
            if not isinstance(data__address, (str)):
                raise Unfit
            if isinstance(data__address, str):
                data__address_len = len(data__address)
                if data__address_len < 2:
                    raise Unfit
                if data__address_len > 39:
                    raise Unfit
        if "profile" in data_keys:
            data_keys.remove("profile")
            data__profile = data["profile"]
            if not isinstance(data__profile, (str)):
                raise Unfit
            if not (isinstance(data__profile, str) and data__profile == 'generic' or isinstance(data__profile, str) and data__profile == 'juniper' or isinstance(data__profile, str) and data__profile == 'cisco-xr' or isinstance(data__profile, str) and data__profile == 'nokia' or isinstance(data__profile, str) and data__profile == 'arista' or isinstance(data__profile, str) and data__profile == 'extreme' or isinstance(data__profile, str) and data__profile == 'frr' or isinstance(data__profile, str) and data__profile == 'bird' or isinstance(data__profile, str) and data__profile == 'gobgp'):
                raise Unfit
        if "max_rules" in data_keys:
            data_keys.remove("max_rules")
            data__maxrules = data["max_rules"]
            if not isinstance(data__maxrules, (int)) and not (isinstance(data__maxrules, float) and data__maxrules.is_integer()) or isinstance(data__maxrules, bool):
                raise Unfit
            if isinstance(data__maxrules, (int, float)) and not isinstance(data__maxrules, bool):
                if data__maxrules < 1:
                    raise Unfit
                if data__maxrules > 1000000:
                    raise Unfit
        if "max_tcam_entries" in data_keys:
            data_keys.remove("max_tcam_entries")
            data__maxtcamentries = data["max_tcam_entries"]
            if not isinstance(data__maxtcamentries, (int)) and not (isinstance(data__maxtcamentries, float) and data__maxtcamentries.is_integer()) or isinstance(data__maxtcamentries, bool):
                raise Unfit
            if isinstance(data__maxtcamentries, (int, float)) and not isinstance(data__maxtcamentries, bool):
                if data__maxtcamentries < 1:
                    raise Unfit
                if data__maxtcamentries > 100000000:
                    raise Unfit
        if data_keys:
            raise Unfit
    return data

def fits_prefix(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 2:
            raise Unfit
        if data_len > 43:
            raise Unfit
    return data

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['allowed_destinations']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "allowed_destinations" in data_keys:
            data_keys.remove("allowed_destinations")
            data__alloweddestinations = data["allowed_destinations"]
            if not isinstance(data__alloweddestinations, (list)):
                raise Unfit
            data__alloweddestinations_is_list = isinstance(data__alloweddestinations, (list))
            if data__alloweddestinations_is_list:
                data__alloweddestinations_len = len(data__alloweddestinations)
                if data__alloweddestinations_len > 10000:
                    raise Unfit
                for data__alloweddestinations_x, data__alloweddestinations_item in enumerate(data__alloweddestinations):
                    fits_prefix(data__alloweddestinations_item)
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
                    fits_prefix(data__protectedprefixes_item)
        if "bgp_speakers" in data_keys:
            data_keys.remove("bgp_speakers")
            data__bgpspeakers = data["bgp_speakers"]
            if not isinstance(data__bgpspeakers, (list)):
                raise Unfit
            data__bgpspeakers_is_list = isinstance(data__bgpspeakers, (list))
            if data__bgpspeakers_is_list:
                data__bgpspeakers_len = len(data__bgpspeakers)
                if data__bgpspeakers_len > 10000:
                    raise Unfit
                for data__bgpspeakers_x, data__bgpspeakers_item in enumerate(data__bgpspeakers):
                    fits_prefix(data__bgpspeakers_item)
        if "shortest_destination_prefix_ipv4" in data_keys:
            data_keys.remove("shortest_destination_prefix_ipv4")
            data__shortestdestinationprefixipv4 = data["shortest_destination_prefix_ipv4"]
            if not isinstance(data__shortestdestinationprefixipv4, (int)) and not (isinstance(data__shortestdestinationprefixipv4, float) and data__shortestdestinationprefixipv4.is_integer()) or isinstance(data__shortestdestinationprefixipv4, bool):
                raise Unfit
            if isinstance(data__shortestdestinationprefixipv4, (int, float)) and not isinstance(data__shortestdestinationprefixipv4, bool):
                if data__shortestdestinationprefixipv4 < 1:
                    raise Unfit
                if data__shortestdestinationprefixipv4 > 32:
                    raise Unfit
        if "shortest_destination_prefix_ipv6" in data_keys:
            data_keys.remove("shortest_destination_prefix_ipv6")
            data__shortestdestinationprefixipv6 = data["shortest_destination_prefix_ipv6"]
            if not isinstance(data__shortestdestinationprefixipv6, (int)) and not (isinstance(data__shortestdestinationprefixipv6, float) and data__shortestdestinationprefixipv6.is_integer()) or isinstance(data__shortestdestinationprefixipv6, bool):
                raise Unfit
            if isinstance(data__shortestdestinationprefixipv6, (int, float)) and not isinstance(data__shortestdestinationprefixipv6, bool):
                if data__shortestdestinationprefixipv6 < 1:
                    raise Unfit
                if data__shortestdestinationprefixipv6 > 128:
                    raise Unfit
        if "max_values_per_component" in data_keys:
            data_keys.remove("max_values_per_component")
            data__maxvaluespercomponent = data["max_values_per_component"]
            if not isinstance(data__maxvaluespercomponent, (int)) and not (isinstance(data__maxvaluespercomponent, float) and data__maxvaluespercomponent.is_integer()) or isinstance(data__maxvaluespercomponent, bool):
                raise Unfit
            if isinstance(data__maxvaluespercomponent, (int, float)) and not isinstance(data__maxvaluespercomponent, bool):
                if data__maxvaluespercomponent < 1:
                    raise Unfit
                if data__maxvaluespercomponent > 100:
                    raise Unfit
        if "max_packet_length_bytes" in data_keys:
            data_keys.remove("max_packet_length_bytes")
            data__maxpacketlengthbytes = data["max_packet_length_bytes"]
            if not isinstance(data__maxpacketlengthbytes, (int)) and not (isinstance(data__maxpacketlengthbytes, float) and data__maxpacketlengthbytes.is_integer()) or isinstance(data__maxpacketlengthbytes, bool):
                raise Unfit
            if isinstance(data__maxpacketlengthbytes, (int, float)) and not isinstance(data__maxpacketlengthbytes, bool):
                if data__maxpacketlengthbytes < 64:
                    raise Unfit
                if data__maxpacketlengthbytes > 65535:
                    raise Unfit
        if "max_nlri_bytes" in data_keys:
            data_keys.remove("max_nlri_bytes")
            data__maxnlribytes = data["max_nlri_bytes"]
            if not isinstance(data__maxnlribytes, (int)) and not (isinstance(data__maxnlribytes, float) and data__maxnlribytes.is_integer()) or isinstance(data__maxnlribytes, bool):
                raise Unfit
            if isinstance(data__maxnlribytes, (int, float)) and not isinstance(data__maxnlribytes, bool):
                if data__maxnlribytes < 8:
                    raise Unfit
                if data__maxnlribytes > 4095:
                    raise Unfit
        if "max_tcam_entries_per_rule" in data_keys:
            data_keys.remove("max_tcam_entries_per_rule")
            data__maxtcamentriesperrule = data["max_tcam_entries_per_rule"]
            if not isinstance(data__maxtcamentriesperrule, (int)) and not (isinstance(data__maxtcamentriesperrule, float) and data__maxtcamentriesperrule.is_integer()) or isinstance(data__maxtcamentriesperrule, bool):
                raise Unfit
            if isinstance(data__maxtcamentriesperrule, (int, float)) and not isinstance(data__maxtcamentriesperrule, bool):
                if data__maxtcamentriesperrule < 1:
                    raise Unfit
                if data__maxtcamentriesperrule > 100000:
                    raise Unfit
        if "allowed_actions" in data_keys:
            data_keys.remove("allowed_actions")
            data__allowedactions = data["allowed_actions"]
            if not isinstance(data__allowedactions, (list)):
                raise Unfit
            data__allowedactions_is_list = isinstance(data__allowedactions, (list))
            if data__allowedactions_is_list:
                def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                data__allowedactions_len = len(data__allowedactions)
                if data__allowedactions_len > len(set(fn(data__allowedactions_x) for data__allowedactions_x in data__allowedactions)):
                    raise Unfit
                for data__allowedactions_x, data__allowedactions_item in enumerate(data__allowedactions):
                    if not isinstance(data__allowedactions_item, (str)):
                        raise Unfit
                    if not (isinstance(data__allowedactions_item, str) and data__allowedactions_item == 'discard' or isinstance(data__allowedactions_item, str) and data__allowedactions_item == 'drop' or isinstance(data__allowedactions_item, str) and data__allowedactions_item == 'rate-limit' or isinstance(data__allowedactions_item, str) and data__allowedactions_item == 'mark' or isinstance(data__allowedactions_item, str) and data__allowedactions_item == 'sample' or isinstance(data__allowedactions_item, str) and data__allowedactions_item == 'terminal' or isinstance(data__allowedactions_item, str) and data__allowedactions_item == 'community'):
                        raise Unfit
        if "allowed_redirects" in data_keys:
            data_keys.remove("allowed_redirects")
            data__allowedredirects = data["allowed_redirects"]
            if not isinstance(data__allowedredirects, (list)):
                raise Unfit
            data__allowedredirects_is_list = isinstance(data__allowedredirects, (list))
            if data__allowedredirects_is_list:
                data__allowedredirects_len = len(data__allowedredirects)
                if data__allowedredirects_len > 100:
                    raise Unfit
                def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                if data__allowedredirects_len > len(set(fn(data__allowedredirects_x) for data__allowedredirects_x in data__allowedredirects)):
                    raise Unfit
                for data__allowedredirects_x, data__allowedredirects_item in enumerate(data__allowedredirects):
                    if not isinstance(data__allowedredirects_item, (str)):
                        raise Unfit
                    if isinstance(data__allowedredirects_item, str):
                        data__allowedredirects_item_len = len(data__allowedredirects_item)
                        if data__allowedredirects_item_len < 2:
                            raise Unfit
                        if data__allowedredirects_item_len > 45:
                            raise Unfit
        if "allowed_blackhole_next_hops" in data_keys:
            data_keys.remove("allowed_blackhole_next_hops")
            data__allowedblackholenexthops = data["allowed_blackhole_next_hops"]
            if not isinstance(data__allowedblackholenexthops, (list)):
                raise Unfit
            data__allowedblackholenexthops_is_list = isinstance(data__allowedblackholenexthops, (list))
            if data__allowedblackholenexthops_is_list:
                data__allowedblackholenexthops_len = len(data__allowedblackholenexthops)
                if data__allowedblackholenexthops_len > 10:
                    raise Unfit
                def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                if data__allowedblackholenexthops_len > len(set(fn(data__allowedblackholenexthops_x) for data__allowedblackholenexthops_x in data__allowedblackholenexthops)):
                    raise Unfit
                for data__allowedblackholenexthops_x, data__allowedblackholenexthops_item in enumerate(data__allowedblackholenexthops):
                    if not isinstance(data__allowedblackholenexthops_item, (str)):
                        raise Unfit
                    if isinstance(data__allowedblackholenexthops_item, str):
                        data__allowedblackholenexthops_item_len = len(data__allowedblackholenexthops_item)
                        if data__allowedblackholenexthops_item_len < 2:
                            raise Unfit
                        if data__allowedblackholenexthops_item_len > 39:
                            raise Unfit
        if "allowed_blackhole_communities" in data_keys:
            data_keys.remove("allowed_blackhole_communities")
            data__allowedblackholecommunities = data["allowed_blackhole_communities"]
            if not isinstance(data__allowedblackholecommunities, (list)):
                raise Unfit
            data__allowedblackholecommunities_is_list = isinstance(data__allowedblackholecommunities, (list))
            if data__allowedblackholecommunities_is_list:
                data__allowedblackholecommunities_len = len(data__allowedblackholecommunities)
                if data__allowedblackholecommunities_len > 100:
                    raise Unfit
                def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                if data__allowedblackholecommunities_len > len(set(fn(data__allowedblackholecommunities_x) for data__allowedblackholecommunities_x in data__allowedblackholecommunities)):
                    raise Unfit
                for data__allowedblackholecommunities_x, data__allowedblackholecommunities_item in enumerate(data__allowedblackholecommunities):
                    if not isinstance(data__allowedblackholecommunities_item, (str)):
                        raise Unfit
                    if isinstance(data__allowedblackholecommunities_item, str):
                        if not REGEX_PATTERNS['^[0-9]{1,5}:[0-9]{1,5}$(?!\\n)'].search(data__allowedblackholecommunities_item):
                            raise Unfit
        if "minimum_rate_limit_bps" in data_keys:
            data_keys.remove("minimum_rate_limit_bps")
            data__minimumratelimitbps = data["minimum_rate_limit_bps"]
            if not isinstance(data__minimumratelimitbps, (int, str)) and not (isinstance(data__minimumratelimitbps, float) and data__minimumratelimitbps.is_integer()) or isinstance(data__minimumratelimitbps, bool):
                raise Unfit
            if isinstance(data__minimumratelimitbps, str):
                if not REGEX_PATTERNS['^[0-9]{1,15}(\\.[0-9]{1,9})? ?[kKMGT]?(bit/s|bps)?$(?!\\n)'].search(data__minimumratelimitbps):
                    raise Unfit
            if isinstance(data__minimumratelimitbps, (int, float)) and not isinstance(data__minimumratelimitbps, bool):
                if data__minimumratelimitbps < 8:
                    raise Unfit
                if data__minimumratelimitbps > 8000000000000:
                    raise Unfit
        if "minimum_life_seconds" in data_keys:
            data_keys.remove("minimum_life_seconds")
            data__minimumlifeseconds = data["minimum_life_seconds"]
            if not isinstance(data__minimumlifeseconds, (int)) and not (isinstance(data__minimumlifeseconds, float) and data__minimumlifeseconds.is_integer()) or isinstance(data__minimumlifeseconds, bool):
                raise Unfit
            if isinstance(data__minimumlifeseconds, (int, float)) and not isinstance(data__minimumlifeseconds, bool):
                if data__minimumlifeseconds < 1:
                    raise Unfit
                if data__minimumlifeseconds > 31536000:
                    raise Unfit
        if "maximum_life_seconds" in data_keys:
            data_keys.remove("maximum_life_seconds")
            data__maximumlifeseconds = data["maximum_life_seconds"]
            if not isinstance(data__maximumlifeseconds, (int)) and not (isinstance(data__maximumlifeseconds, float) and data__maximumlifeseconds.is_integer()) or isinstance(data__maximumlifeseconds, bool):
                raise Unfit
            if isinstance(data__maximumlifeseconds, (int, float)) and not isinstance(data__maximumlifeseconds, bool):
                if data__maximumlifeseconds < 1:
                    raise Unfit
                if data__maximumlifeseconds > 31536000:
                    raise Unfit
        if "max_rules" in data_keys:
            data_keys.remove("max_rules")
            data__maxrules = data["max_rules"]
            if not isinstance(data__maxrules, (int)) and not (isinstance(data__maxrules, float) and data__maxrules.is_integer()) or isinstance(data__maxrules, bool):
                raise Unfit
            if isinstance(data__maxrules, (int, float)) and not isinstance(data__maxrules, bool):
                if data__maxrules < 1:
                    raise Unfit
                if data__maxrules > 1000000:
                    raise Unfit
        if "max_rules_ipv4" in data_keys:
            data_keys.remove("max_rules_ipv4")
            data__maxrulesipv4 = data["max_rules_ipv4"]
            if not isinstance(data__maxrulesipv4, (int)) and not (isinstance(data__maxrulesipv4, float) and data__maxrulesipv4.is_integer()) or isinstance(data__maxrulesipv4, bool):
                raise Unfit
            if isinstance(data__maxrulesipv4, (int, float)) and not isinstance(data__maxrulesipv4, bool):
                if data__maxrulesipv4 < 0:
                    raise Unfit
                if data__maxrulesipv4 > 1000000:
                    raise Unfit
        if "max_rules_ipv6" in data_keys:
            data_keys.remove("max_rules_ipv6")
            data__maxrulesipv6 = data["max_rules_ipv6"]
            if not isinstance(data__maxrulesipv6, (int)) and not (isinstance(data__maxrulesipv6, float) and data__maxrulesipv6.is_integer()) or isinstance(data__maxrulesipv6, bool):
                raise Unfit
            if isinstance(data__maxrulesipv6, (int, float)) and not isinstance(data__maxrulesipv6, bool):
                if data__maxrulesipv6 < 0:
                    raise Unfit
                if data__maxrulesipv6 > 1000000:
                    raise Unfit
        if "max_rules_per_incident" in data_keys:
            data_keys.remove("max_rules_per_incident")
            data__maxrulesperincident = data["max_rules_per_incident"]
            if not isinstance(data__maxrulesperincident, (int)) and not (isinstance(data__maxrulesperincident, float) and data__maxrulesperincident.is_integer()) or isinstance(data__maxrulesperincident, bool):
                raise Unfit
            if isinstance(data__maxrulesperincident, (int, float)) and not isinstance(data__maxrulesperincident, bool):
                if data__maxrulesperincident < 1:
                    raise Unfit
                if data__maxrulesperincident > 1000000:
                    raise Unfit
        if "max_rules_per_destination" in data_keys:
            data_keys.remove("max_rules_per_destination")
            data__maxrulesperdestination = data["max_rules_per_destination"]
            if not isinstance(data__maxrulesperdestination, (int)) and not (isinstance(data__maxrulesperdestination, float) and data__maxrulesperdestination.is_integer()) or isinstance(data__maxrulesperdestination, bool):
                raise Unfit
            if isinstance(data__maxrulesperdestination, (int, float)) and not isinstance(data__maxrulesperdestination, bool):
                if data__maxrulesperdestination < 1:
                    raise Unfit
                if data__maxrulesperdestination > 1000000:
                    raise Unfit
        if "max_blackholes" in data_keys:
            data_keys.remove("max_blackholes")
            data__maxblackholes = data["max_blackholes"]
            if not isinstance(data__maxblackholes, (int)) and not (isinstance(data__maxblackholes, float) and data__maxblackholes.is_integer()) or isinstance(data__maxblackholes, bool):
                raise Unfit
            if isinstance(data__maxblackholes, (int, float)) and not isinstance(data__maxblackholes, bool):
                if data__maxblackholes < 0:
                    raise Unfit
                if data__maxblackholes > 1000000:
                    raise Unfit
        if "max_announcements_per_minute" in data_keys:
            data_keys.remove("max_announcements_per_minute")
            data__maxannouncementsperminute = data["max_announcements_per_minute"]
            if not isinstance(data__maxannouncementsperminute, (int)) and not (isinstance(data__maxannouncementsperminute, float) and data__maxannouncementsperminute.is_integer()) or isinstance(data__maxannouncementsperminute, bool):
                raise Unfit
            if isinstance(data__maxannouncementsperminute, (int, float)) and not isinstance(data__maxannouncementsperminute, bool):
                if data__maxannouncementsperminute < 1:
                    raise Unfit
                if data__maxannouncementsperminute > 1000000:
                    raise Unfit
        if "operator_reserve_percent" in data_keys:
            data_keys.remove("operator_reserve_percent")
            data__operatorreservepercent = data["operator_reserve_percent"]
            if not isinstance(data__operatorreservepercent, (int)) and not (isinstance(data__operatorreservepercent, float) and data__operatorreservepercent.is_integer()) or isinstance(data__operatorreservepercent, bool):
                raise Unfit
            if isinstance(data__operatorreservepercent, (int, float)) and not isinstance(data__operatorreservepercent, bool):
                if data__operatorreservepercent < 0:
                    raise Unfit
                if data__operatorreservepercent > 100:
                    raise Unfit
        if "peers" in data_keys:
            data_keys.remove("peers")
            data__peers = data["peers"]
            if not isinstance(data__peers, (list)):
                raise Unfit
            data__peers_is_list = isinstance(data__peers, (list))
            if data__peers_is_list:
                data__peers_len = len(data__peers)
                if data__peers_len > 1000:
                    raise Unfit
                for data__peers_x, data__peers_item in enumerate(data__peers):
                    fits_peer(data__peers_item)
        if data_keys:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
    'prefix': fits_prefix,
    'peer': fits_peer,
}
