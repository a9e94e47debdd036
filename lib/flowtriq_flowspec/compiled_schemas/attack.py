"""Generated from schemas/attack.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^[a-z][a-z0-9_]{0,63}$(?!\\n)': re.compile('^[a-z][a-z0-9_]{0,63}\\Z(?!\\n)'),
    '^[!-~]{1,256}$(?!\\n)': re.compile('^[!-~]{1,256}\\Z(?!\\n)'),
    '^[0-9]{1,5}((\\.\\.|-)[0-9]{1,5})?$(?!\\n)': re.compile('^[0-9]{1,5}((\\.\\.|-)[0-9]{1,5})?\\Z(?!\\n)')
}

def fits_intervals(data):
    if not isinstance(data, (list)):
        raise Unfit
    data_is_list = isinstance(data, (list))
    if data_is_list:
        data_len = len(data)
        if data_len > 64:
            raise Unfit
        for data_x, data_item in enumerate(data):
            if not isinstance(data_item, (int, str)) and not (isinstance(data_item, float) and data_item.is_integer()) or isinstance(data_item, bool):
                raise Unfit
            if isinstance(data_item, str):
                if not REGEX_PATTERNS['^[0-9]{1,5}((\\.\\.|-)[0-9]{1,5})?$(?!\\n)'].search(data_item):
                    raise Unfit
            if isinstance(data_item, (int, float)) and not isinstance(data_item, bool):
                if data_item < 0:
                    raise Unfit
                if data_item > 65535:
                    raise Unfit
    return data

def fits_ports(data):
    fits_intervals(data)
    return data

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['source', 'status', 'vector', 'family', 'severity', 'targets', 'observed', 'summary']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "source" in data_keys:
            data_keys.remove("source")
            data__source = data["source"]
            if not isinstance(data__source, (str)):
                raise Unfit
            if isinstance(data__source, str):
                if not REGEX_PATTERNS['^[a-z][a-z0-9_]{0,63}$(?!\\n)'].search(data__source):
                    raise Unfit
        if "status" in data_keys:
            data_keys.remove("status")
            data__status = data["status"]
            if not isinstance(data__status, (str)):
                raise Unfit
            if not (isinstance(data__status, str) and data__status == 'started' or isinstance(data__status, str) and data__status == 'updated' or isinstance(data__status, str) and data__status == 'ended'):
                raise Unfit
        if "vector" in data_keys:
            data_keys.remove("vector")
            data__vector = data["vector"]
            if not isinstance(data__vector, (str)):
                raise Unfit
            if isinstance(data__vector, str):
                if not REGEX_PATTERNS['^[a-z][a-z0-9_]{0,63}$(?!\\n)'].search(data__vector):
                    raise Unfit
        if "family" in data_keys:
            data_keys.remove("family")
            data__family = data["family"]
            if not isinstance(data__family, (str)):
                raise Unfit
            if isinstance(data__family, str):
                if not REGEX_PATTERNS['^[a-z][a-z0-9_]{0,63}$(?!\\n)'].search(data__family):
                    raise Unfit
        if "severity" in data_keys:
            data_keys.remove("severity")
            data__severity = data["severity"]
            if not isinstance(data__severity, (str)):
                raise Unfit
            if not (isinstance(data__severity, str) and data__severity == 'low' or isinstance(data__severity, str) and data__severity == 'medium' or isinstance(data__severity, str) and data__severity == 'high' or isinstance(data__severity, str) and data__severity == 'critical' or isinstance(data__severity, str) and data__severity == 'unknown'):
                raise Unfit
        if "targets" in data_keys:
            data_keys.remove("targets")
            data__targets = data["targets"]
            if not isinstance(data__targets, (list)):
                raise Unfit
            data__targets_is_list = isinstance(data__targets, (list))
            if data__targets_is_list:
                data__targets_len = len(data__targets)
                if data__targets_len < 1:
                    raise Unfit
                if data__targets_len > 10000:
                    raise Unfit
                for data__targets_x, data__targets_item in enumerate(data__targets):
                    if not isinstance(data__targets_item, (dict)):
                        raise Unfit
                    data__targets_item_is_dict = isinstance(data__targets_item, dict)
                    if data__targets_item_is_dict:
                        data__targets_item__missing_keys = set(['prefix', 'incident']) - data__targets_item.keys()
                        if data__targets_item__missing_keys:
                            raise Unfit
                        data__targets_item_keys = set(data__targets_item.keys())
                        if "prefix" in data__targets_item_keys:
                            data__targets_item_keys.remove("prefix")
                            data__targets_item__prefix = data__targets_item["prefix"]
                            if not isinstance(data__targets_item__prefix, (str)):
                                raise Unfit
                            if isinstance(data__targets_item__prefix, str):
                                data__targets_item__prefix_len = len(data__targets_item__prefix)
                                if data__targets_item__prefix_len < 3:
                                    raise Unfit
                                if data__targets_item__prefix_len > 64:
                                    raise Unfit
                        if "incident" in data__targets_item_keys:
                            data__targets_item_keys.remove("incident")
                            data__targets_item__incident = data__targets_item["incident"]
                            if not isinstance(data__targets_item__incident, (str)):
                                raise Unfit
                            if isinstance(data__targets_item__incident, str):
                                if not REGEX_PATTERNS['^[!-~]{1,256}$(?!\\n)'].search(data__targets_item__incident):
                                    raise Unfit
                        if data__targets_item_keys:
                            raise Unfit
        if "observed" in data_keys:
            data_keys.remove("observed")
            data__observed = data["observed"]
            if not isinstance(data__observed, (dict)):
                raise Unfit
            data__observed_is_dict = isinstance(data__observed, dict)
            if data__observed_is_dict:
                data__observed_keys = set(data__observed.keys())
                if "source_ports" in data__observed_keys:
                    data__observed_keys.remove("source_ports")
                    data__observed__sourceports = data__observed["source_ports"]
                    fits_ports(data__observed__sourceports)
                if "destination_ports" in data__observed_keys:
                    data__observed_keys.remove("destination_ports")
                    data__observed__destinationports = data__observed["destination_ports"]
                    fits_ports(data__observed__destinationports)
                if "sources" in data__observed_keys:
                    data__observed_keys.remove("sources")
                    data__observed__sources = data__observed["sources"]
                    if not isinstance(data__observed__sources, (list)):
                        raise Unfit
                    data__observed__sources_is_list = isinstance(data__observed__sources, (list))
                    if data__observed__sources_is_list:
                        data__observed__sources_len = len(data__observed__sources)
                        if data__observed__sources_len > 64:
                            raise Unfit
                        for data__observed__sources_x, data__observed__sources_item in enumerate(data__observed__sources):
                            if not isinstance(data__observed__sources_item, (str)):
                                raise Unfit
                            if isinstance(data__observed__sources_item, str):
                                data__observed__sources_item_len = len(data__observed__sources_item)
                                if data__observed__sources_item_len < 2:
                                    raise Unfit
                                if data__observed__sources_item_len > 64:
                                    raise Unfit
                if "packet_lengths" in data__observed_keys:
                    data__observed_keys.remove("packet_lengths")
                    data__observed__packetlengths = data__observed["packet_lengths"]
                    fits_intervals(data__observed__packetlengths)
                if "protocols" in data__observed_keys:
                    data__observed_keys.remove("protocols")
                    data__observed__protocols = data__observed["protocols"]
                    if not isinstance(data__observed__protocols, (list)):
                        raise Unfit
                    data__observed__protocols_is_list = isinstance(data__observed__protocols, (list))
                    if data__observed__protocols_is_list:
                        data__observed__protocols_len = len(data__observed__protocols)
                        if data__observed__protocols_len > 64:
                            raise Unfit
                        for data__observed__protocols_x, data__observed__protocols_item in enumerate(data__observed__protocols):
                            if not isinstance(data__observed__protocols_item, (int)) and not (isinstance(data__observed__protocols_item, float) and data__observed__protocols_item.is_integer()) or isinstance(data__observed__protocols_item, bool):
                                raise Unfit
                            if isinstance(data__observed__protocols_item, (int, float)) and not isinstance(data__observed__protocols_item, bool):
                                if data__observed__protocols_item < 0:
                                    raise Unfit
                                if data__observed__protocols_item > 255:
                                    raise Unfit
                if "tcp_flags" in data__observed_keys:
                    data__observed_keys.remove("tcp_flags")
                    data__observed__tcpflags = data__observed["tcp_flags"]
                    if not isinstance(data__observed__tcpflags, (list)):
                        raise Unfit
                    data__observed__tcpflags_is_list = isinstance(data__observed__tcpflags, (list))
                    if data__observed__tcpflags_is_list:
                        data__observed__tcpflags_len = len(data__observed__tcpflags)
                        if data__observed__tcpflags_len > 8:
                            raise Unfit
                        for data__observed__tcpflags_x, data__observed__tcpflags_item in enumerate(data__observed__tcpflags):
                            if not isinstance(data__observed__tcpflags_item, (str)):
                                raise Unfit
                            if not (isinstance(data__observed__tcpflags_item, str) and data__observed__tcpflags_item == 'fin' or isinstance(data__observed__tcpflags_item, str) and data__observed__tcpflags_item == 'syn' or isinstance(data__observed__tcpflags_item, str) and data__observed__tcpflags_item == 'rst' or isinstance(data__observed__tcpflags_item, str) and data__observed__tcpflags_item == 'push' or isinstance(data__observed__tcpflags_item, str) and data__observed__tcpflags_item == 'ack' or isinstance(data__observed__tcpflags_item, str) and data__observed__tcpflags_item == 'urgent' or isinstance(data__observed__tcpflags_item, str) and data__observed__tcpflags_item == 'ece' or isinstance(data__observed__tcpflags_item, str) and data__observed__tcpflags_item == 'cwr'):
                                raise Unfit
                if "unread" in data__observed_keys:
                    data__observed_keys.remove("unread")
                    data__observed__unread = data__observed["unread"]
                    if not isinstance(data__observed__unread, (list)):
                        raise Unfit
                    data__observed__unread_is_list = isinstance(data__observed__unread, (list))
                    if data__observed__unread_is_list:
                        data__observed__unread_len = len(data__observed__unread)
                        if data__observed__unread_len > 6:
                            raise Unfit
                        for data__observed__unread_x, data__observed__unread_item in enumerate(data__observed__unread):
                            if not (isinstance(data__observed__unread_item, str) and data__observed__unread_item == 'source_ports' or isinstance(data__observed__unread_item, str) and data__observed__unread_item == 'destination_ports' or isinstance(data__observed__unread_item, str) and data__observed__unread_item == 'sources' or isinstance(data__observed__unread_item, str) and data__observed__unread_item == 'packet_lengths' or isinstance(data__observed__unread_item, str) and data__observed__unread_item == 'protocols' or isinstance(data__observed__unread_item, str) and data__observed__unread_item == 'tcp_flags'):
                                raise Unfit
                if "bps" in data__observed_keys:
                    data__observed_keys.remove("bps")
                    data__observed__bps = data__observed["bps"]
                    if not isinstance(data__observed__bps, (int)) and not (isinstance(data__observed__bps, float) and data__observed__bps.is_integer()) or isinstance(data__observed__bps, bool):
                        raise Unfit
                    if isinstance(data__observed__bps, (int, float)) and not isinstance(data__observed__bps, bool):
                        if data__observed__bps < 0:
                            raise Unfit
                        if data__observed__bps > 1000000000000000:
                            raise Unfit
                if "pps" in data__observed_keys:
                    data__observed_keys.remove("pps")
                    data__observed__pps = data__observed["pps"]
                    if not isinstance(data__observed__pps, (int)) and not (isinstance(data__observed__pps, float) and data__observed__pps.is_integer()) or isinstance(data__observed__pps, bool):
                        raise Unfit
                    if isinstance(data__observed__pps, (int, float)) and not isinstance(data__observed__pps, bool):
                        if data__observed__pps < 0:
                            raise Unfit
                        if data__observed__pps > 1000000000000000:
                            raise Unfit
                if data__observed_keys:
                    raise Unfit
        if "rules" in data_keys:
            data_keys.remove("rules")
            data__rules = data["rules"]
            if not isinstance(data__rules, (list)):
                raise Unfit
            data__rules_is_list = isinstance(data__rules, (list))
            if data__rules_is_list:
                data__rules_len = len(data__rules)
                if data__rules_len > 64:
                    raise Unfit
                for data__rules_x, data__rules_item in enumerate(data__rules):
                    if not isinstance(data__rules_item, (dict)):
                        raise Unfit
                    data__rules_item_is_dict = isinstance(data__rules_item, dict)
                    if data__rules_item_is_dict:
                        data__rules_item__missing_keys = set(['match', 'action']) - data__rules_item.keys()
                        if data__rules_item__missing_keys:
                            raise Unfit
                        data__rules_item_keys = set(data__rules_item.keys())
                        if "match" in data__rules_item_keys:
                            data__rules_item_keys.remove("match")
                            data__rules_item__match = data__rules_item["match"]
                            if not isinstance(data__rules_item__match, (dict)):
                                raise Unfit
                            data__rules_item__match_is_dict = isinstance(data__rules_item__match, dict)
                            if data__rules_item__match_is_dict:
                                data__rules_item__match_len = len(data__rules_item__match)
                                if data__rules_item__match_len < 1:
                                    raise Unfit
                        if "action" in data__rules_item_keys:
                            data__rules_item_keys.remove("action")
                            data__rules_item__action = data__rules_item["action"]
                            if not isinstance(data__rules_item__action, (str)):
                                raise Unfit
                            if not (isinstance(data__rules_item__action, str) and data__rules_item__action == 'discard' or isinstance(data__rules_item__action, str) and data__rules_item__action == 'drop' or isinstance(data__rules_item__action, str) and data__rules_item__action == 'rate-limit'):
                                raise Unfit
                        if data__rules_item_keys:
                            raise Unfit
        if "whole_group" in data_keys:
            data_keys.remove("whole_group")
            data__wholegroup = data["whole_group"]
            if not isinstance(data__wholegroup, (bool)):
                raise Unfit
        if "neighbours" in data_keys:
            data_keys.remove("neighbours")
            data__neighbours = data["neighbours"]
            if not isinstance(data__neighbours, (list)):
                raise Unfit
            data__neighbours_is_list = isinstance(data__neighbours, (list))
            if data__neighbours_is_list:
                data__neighbours_len = len(data__neighbours)
                if data__neighbours_len > 65536:
                    raise Unfit
                for data__neighbours_x, data__neighbours_item in enumerate(data__neighbours):
                    if not isinstance(data__neighbours_item, (str)):
                        raise Unfit
                    if isinstance(data__neighbours_item, str):
                        data__neighbours_item_len = len(data__neighbours_item)
                        if data__neighbours_item_len < 3:
                            raise Unfit
                        if data__neighbours_item_len > 64:
                            raise Unfit
        if "unknown_words" in data_keys:
            data_keys.remove("unknown_words")
            data__unknownwords = data["unknown_words"]
            if not isinstance(data__unknownwords, (list)):
                raise Unfit
            data__unknownwords_is_list = isinstance(data__unknownwords, (list))
            if data__unknownwords_is_list:
                data__unknownwords_len = len(data__unknownwords)
                if data__unknownwords_len > 8:
                    raise Unfit
                for data__unknownwords_x, data__unknownwords_item in enumerate(data__unknownwords):
                    if not isinstance(data__unknownwords_item, (str)):
                        raise Unfit
                    if isinstance(data__unknownwords_item, str):
                        data__unknownwords_item_len = len(data__unknownwords_item)
                        if data__unknownwords_item_len < 1:
                            raise Unfit
                        if data__unknownwords_item_len > 64:
                            raise Unfit
        if "bare" in data_keys:
            data_keys.remove("bare")
            data__bare = data["bare"]
            if not isinstance(data__bare, (bool)):
                raise Unfit
        if "magic_transit" in data_keys:
            data_keys.remove("magic_transit")
            data__magictransit = data["magic_transit"]
            if not isinstance(data__magictransit, (bool)):
                raise Unfit
        if "notes" in data_keys:
            data_keys.remove("notes")
            data__notes = data["notes"]
            if not isinstance(data__notes, (list)):
                raise Unfit
            data__notes_is_list = isinstance(data__notes, (list))
            if data__notes_is_list:
                data__notes_len = len(data__notes)
                if data__notes_len > 64:
                    raise Unfit
                for data__notes_x, data__notes_item in enumerate(data__notes):
                    if not isinstance(data__notes_item, (str)):
                        raise Unfit
                    if isinstance(data__notes_item, str):
                        data__notes_item_len = len(data__notes_item)
                        if data__notes_item_len > 256:
                            raise Unfit
        if "started_at" in data_keys:
            data_keys.remove("started_at")
            data__startedat = data["started_at"]
            if not isinstance(data__startedat, (str)):
                raise Unfit
            if isinstance(data__startedat, str):
                data__startedat_len = len(data__startedat)
                if data__startedat_len < 10:
                    raise Unfit
                if data__startedat_len > 64:
                    raise Unfit
        if "seen_at" in data_keys:
            data_keys.remove("seen_at")
            data__seenat = data["seen_at"]
            if not isinstance(data__seenat, (int, float)) or isinstance(data__seenat, bool):
                raise Unfit
            if isinstance(data__seenat, (int, float)) and not isinstance(data__seenat, bool):
                if data__seenat < 0:
                    raise Unfit
                if data__seenat > 100000000000:
                    raise Unfit
        if "summary" in data_keys:
            data_keys.remove("summary")
            data__summary = data["summary"]
            if not isinstance(data__summary, (str)):
                raise Unfit
            if isinstance(data__summary, str):
                data__summary_len = len(data__summary)
                if data__summary_len > 256:
                    raise Unfit
        if data_keys:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
    'ports': fits_ports,
    'intervals': fits_intervals,
}
