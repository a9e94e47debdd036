"""Generated from schemas/adapter_requests.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^[0-9a-f]{12}$(?!\\n)': re.compile('^[0-9a-f]{12}\\Z(?!\\n)'),
    '\\S': re.compile('\\S'),
    '^[ -~]+$(?!\\n)': re.compile('^[ -~]+\\Z(?!\\n)')
}

def fits_announce(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['rules']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "incident" in data_keys:
            data_keys.remove("incident")
            data__incident = data["incident"]
            fits_name(data__incident)
        if "rules" in data_keys:
            data_keys.remove("rules")
            data__rules = data["rules"]
            if not isinstance(data__rules, (list)):
                raise Unfit
            data__rules_is_list = isinstance(data__rules, (list))
            if data__rules_is_list:
                data__rules_len = len(data__rules)
                if data__rules_len < 1:
                    raise Unfit
                if data__rules_len > 10000:
                    raise Unfit
                for data__rules_x, data__rules_item in enumerate(data__rules):
                    fits_rule(data__rules_item)
        if "expires_in_seconds" in data_keys:
            data_keys.remove("expires_in_seconds")
            data__expiresinseconds = data["expires_in_seconds"]
            if not isinstance(data__expiresinseconds, (int)) and not (isinstance(data__expiresinseconds, float) and data__expiresinseconds.is_integer()) or isinstance(data__expiresinseconds, bool):
                raise Unfit
            if isinstance(data__expiresinseconds, (int, float)) and not isinstance(data__expiresinseconds, bool):
                if data__expiresinseconds < 1:
                    raise Unfit
        if "reason" in data_keys:
            data_keys.remove("reason")
            data__reason = data["reason"]
            fits_reason(data__reason)
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if "automation" in data_keys:
            data_keys.remove("automation")
            data__automation = data["automation"]
            fits_automation(data__automation)
        if "ordered_seconds_ago" in data_keys:
            data_keys.remove("ordered_seconds_ago")
            data__orderedsecondsago = data["ordered_seconds_ago"]
            fits_ordered_seconds_ago(data__orderedsecondsago)
        if "dry_run" in data_keys:
            data_keys.remove("dry_run")
            data__dryrun = data["dry_run"]
            if not isinstance(data__dryrun, (bool)):
                raise Unfit
        if "operator" in data_keys:
            data_keys.remove("operator")
            data__operator = data["operator"]
            if not isinstance(data__operator, (bool)):
                raise Unfit
        if "seen_at" in data_keys:
            data_keys.remove("seen_at")
            data__seenat = data["seen_at"]
            fits_seconds(data__seenat)
        if "wait_seconds" in data_keys:
            data_keys.remove("wait_seconds")
            data__waitseconds = data["wait_seconds"]
            fits_wait_seconds(data__waitseconds)
        if data_keys:
            raise Unfit
    return data

def fits_attacksoverdue(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if data_keys:
            raise Unfit
    return data

def fits_attacksseen(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['attacks']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "attacks" in data_keys:
            data_keys.remove("attacks")
            data__attacks = data["attacks"]
            if not isinstance(data__attacks, (list)):
                raise Unfit
            data__attacks_is_list = isinstance(data__attacks, (list))
            if data__attacks_is_list:
                data__attacks_len = len(data__attacks)
                if data__attacks_len < 1:
                    raise Unfit
                if data__attacks_len > 1000:
                    raise Unfit
                for data__attacks_x, data__attacks_item in enumerate(data__attacks):
                    if not isinstance(data__attacks_item, (dict)):
                        raise Unfit
                    data__attacks_item_is_dict = isinstance(data__attacks_item, dict)
                    if data__attacks_item_is_dict:
                        data__attacks_item__missing_keys = set(['source', 'status', 'vector', 'targets', 'seen_at']) - data__attacks_item.keys()
                        if data__attacks_item__missing_keys:
                            raise Unfit
                        data__attacks_item_keys = set(data__attacks_item.keys())
                        if "source" in data__attacks_item_keys:
                            data__attacks_item_keys.remove("source")
                            data__attacks_item__source = data__attacks_item["source"]
                            fits_name(data__attacks_item__source)
                        if "status" in data__attacks_item_keys:
                            data__attacks_item_keys.remove("status")
                            data__attacks_item__status = data__attacks_item["status"]
                            if not (isinstance(data__attacks_item__status, str) and data__attacks_item__status == 'started' or isinstance(data__attacks_item__status, str) and data__attacks_item__status == 'updated' or isinstance(data__attacks_item__status, str) and data__attacks_item__status == 'ended'):
                                raise Unfit
                        if "vector" in data__attacks_item_keys:
                            data__attacks_item_keys.remove("vector")
                            data__attacks_item__vector = data__attacks_item["vector"]
                            fits_name(data__attacks_item__vector)
                        if "targets" in data__attacks_item_keys:
                            data__attacks_item_keys.remove("targets")
                            data__attacks_item__targets = data__attacks_item["targets"]
                            if not isinstance(data__attacks_item__targets, (list)):
                                raise Unfit
                            data__attacks_item__targets_is_list = isinstance(data__attacks_item__targets, (list))
                            if data__attacks_item__targets_is_list:
                                data__attacks_item__targets_len = len(data__attacks_item__targets)
                                if data__attacks_item__targets_len < 1:
                                    raise Unfit
                                if data__attacks_item__targets_len > 10000:
                                    raise Unfit
                                for data__attacks_item__targets_x, data__attacks_item__targets_item in enumerate(data__attacks_item__targets):
                                    if not isinstance(data__attacks_item__targets_item, (dict)):
                                        raise Unfit
                                    data__attacks_item__targets_item_is_dict = isinstance(data__attacks_item__targets_item, dict)
                                    if data__attacks_item__targets_item_is_dict:
                                        data__attacks_item__targets_item__missing_keys = set(['prefix', 'incident']) - data__attacks_item__targets_item.keys()
                                        if data__attacks_item__targets_item__missing_keys:
                                            raise Unfit
                                        data__attacks_item__targets_item_keys = set(data__attacks_item__targets_item.keys())
                                        if "prefix" in data__attacks_item__targets_item_keys:
                                            data__attacks_item__targets_item_keys.remove("prefix")
                                            data__attacks_item__targets_item__prefix = data__attacks_item__targets_item["prefix"]
                                            if not isinstance(data__attacks_item__targets_item__prefix, (str)):
                                                raise Unfit
                                            if isinstance(data__attacks_item__targets_item__prefix, str):
                                                data__attacks_item__targets_item__prefix_len = len(data__attacks_item__targets_item__prefix)
                                                if data__attacks_item__targets_item__prefix_len < 3:
                                                    raise Unfit
                                                if data__attacks_item__targets_item__prefix_len > 64:
                                                    raise Unfit
                                        if "incident" in data__attacks_item__targets_item_keys:
                                            data__attacks_item__targets_item_keys.remove("incident")
                                            data__attacks_item__targets_item__incident = data__attacks_item__targets_item["incident"]
                                            fits_name(data__attacks_item__targets_item__incident)
                                        if data__attacks_item__targets_item_keys:
                                            raise Unfit
                        if "unknown_words" in data__attacks_item_keys:
                            data__attacks_item_keys.remove("unknown_words")
                            data__attacks_item__unknownwords = data__attacks_item["unknown_words"]
                            if not isinstance(data__attacks_item__unknownwords, (list)):
                                raise Unfit
                            data__attacks_item__unknownwords_is_list = isinstance(data__attacks_item__unknownwords, (list))
                            if data__attacks_item__unknownwords_is_list:
                                data__attacks_item__unknownwords_len = len(data__attacks_item__unknownwords)
                                if data__attacks_item__unknownwords_len > 8:
                                    raise Unfit
                                for data__attacks_item__unknownwords_x, data__attacks_item__unknownwords_item in enumerate(data__attacks_item__unknownwords):
                                    if not isinstance(data__attacks_item__unknownwords_item, (str)):
                                        raise Unfit
                                    if isinstance(data__attacks_item__unknownwords_item, str):
                                        data__attacks_item__unknownwords_item_len = len(data__attacks_item__unknownwords_item)
                                        if data__attacks_item__unknownwords_item_len < 1:
                                            raise Unfit
                                        if data__attacks_item__unknownwords_item_len > 64:
                                            raise Unfit
                        if "seen_at" in data__attacks_item_keys:
                            data__attacks_item_keys.remove("seen_at")
                            data__attacks_item__seenat = data__attacks_item["seen_at"]
                            fits_seconds(data__attacks_item__seenat)
        if "listed" in data_keys:
            data_keys.remove("listed")
            data__listed = data["listed"]
            if not isinstance(data__listed, (bool)):
                raise Unfit
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if data_keys:
            raise Unfit
    return data

def fits_attackssettled(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['incidents', 'seen_at']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "incidents" in data_keys:
            data_keys.remove("incidents")
            data__incidents = data["incidents"]
            if not isinstance(data__incidents, (list)):
                raise Unfit
            data__incidents_is_list = isinstance(data__incidents, (list))
            if data__incidents_is_list:
                data__incidents_len = len(data__incidents)
                if data__incidents_len < 1:
                    raise Unfit
                if data__incidents_len > 10000:
                    raise Unfit
                for data__incidents_x, data__incidents_item in enumerate(data__incidents):
                    fits_name(data__incidents_item)
        if "seen_at" in data_keys:
            data_keys.remove("seen_at")
            data__seenat = data["seen_at"]
            fits_seconds(data__seenat)
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if data_keys:
            raise Unfit
    return data

def fits_automation(data):
    if not isinstance(data, (bool)):
        raise Unfit
    return data

def fits_explain(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['rules']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "rules" in data_keys:
            data_keys.remove("rules")
            data__rules = data["rules"]
            if not isinstance(data__rules, (list)):
                raise Unfit
            data__rules_is_list = isinstance(data__rules, (list))
            if data__rules_is_list:
                data__rules_len = len(data__rules)
                if data__rules_len < 1:
                    raise Unfit
                if data__rules_len > 10000:
                    raise Unfit
                for data__rules_x, data__rules_item in enumerate(data__rules):
                    fits_rule(data__rules_item)
        if data_keys:
            raise Unfit
    return data

def fits_flow(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['flow']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "flow" in data_keys:
            data_keys.remove("flow")
            data__flow = data["flow"]
            if not isinstance(data__flow, (dict)):
                raise Unfit
            data__flow_is_dict = isinstance(data__flow, dict)
            if data__flow_is_dict:
                data__flow__missing_keys = set(['match']) - data__flow.keys()
                if data__flow__missing_keys:
                    raise Unfit
                data__flow_keys = set(data__flow.keys())
                if "vector" in data__flow_keys:
                    data__flow_keys.remove("vector")
                    data__flow__vector = data__flow["vector"]
                    fits_name(data__flow__vector)
                if "incident" in data__flow_keys:
                    data__flow_keys.remove("incident")
                    data__flow__incident = data__flow["incident"]
                    fits_name(data__flow__incident)
        if data_keys:
            raise Unfit
    return data

def fits_heartbeat(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if data_keys:
            raise Unfit
    return data

def fits_killswitch(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['engaged']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "engaged" in data_keys:
            data_keys.remove("engaged")
            data__engaged = data["engaged"]
            if not isinstance(data__engaged, (bool)):
                raise Unfit
        if "reason" in data_keys:
            data_keys.remove("reason")
            data__reason = data["reason"]
            fits_reason(data__reason)
        if "automation" in data_keys:
            data_keys.remove("automation")
            data__automation = data["automation"]
            fits_automation(data__automation)
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if data_keys:
            raise Unfit
    return data

def fits_message(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_one_of_count1 = 0
    if data_one_of_count1 < 2:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['announce']) - data.keys()
                if data__missing_keys:
                    raise Unfit
            data_one_of_count1 += 1
        except Unfit: pass
    if data_one_of_count1 < 2:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['withdraw']) - data.keys()
                if data__missing_keys:
                    raise Unfit
            data_one_of_count1 += 1
        except Unfit: pass
    if data_one_of_count1 != 1:
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "announce" in data_keys:
            data_keys.remove("announce")
            data__announce = data["announce"]
            fits_flow(data__announce)
        if "withdraw" in data_keys:
            data_keys.remove("withdraw")
            data__withdraw = data["withdraw"]
            fits_flow(data__withdraw)
        if "incident" in data_keys:
            data_keys.remove("incident")
            data__incident = data["incident"]
            fits_name(data__incident)
        if data_keys:
            raise Unfit
    return data

def fits_name(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 256:
            raise Unfit
        if not REGEX_PATTERNS['^[ -~]+$(?!\\n)'].search(data):
            raise Unfit
    return data

def fits_note(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['event', 'about']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "event" in data_keys:
            data_keys.remove("event")
            data__event = data["event"]
            if not (isinstance(data__event, str) and data__event == 'approval_required' or isinstance(data__event, str) and data__event == 'approval_asked' or isinstance(data__event, str) and data__event == 'approval_given' or isinstance(data__event, str) and data__event == 'approval_refused' or isinstance(data__event, str) and data__event == 'approval_timed_out' or isinstance(data__event, str) and data__event == 'attack_ended' or isinstance(data__event, str) and data__event == 'attack_mitigated' or isinstance(data__event, str) and data__event == 'attack_partly_mitigated' or isinstance(data__event, str) and data__event == 'attack_unmitigated' or isinstance(data__event, str) and data__event == 'probe_succeeded' or isinstance(data__event, str) and data__event == 'probe_failed' or isinstance(data__event, str) and data__event == 'verdict_changed' or isinstance(data__event, str) and data__event == 'withdrawal_held' or isinstance(data__event, str) and data__event == 'alert_refused' or isinstance(data__event, str) and data__event == 'alert_noted' or isinstance(data__event, str) and data__event == 'alert_without_data' or isinstance(data__event, str) and data__event == 'test_alert' or isinstance(data__event, str) and data__event == 'alerts_left_out' or isinstance(data__event, str) and data__event == 'message_not_sent'):
                raise Unfit
        if "about" in data_keys:
            data_keys.remove("about")
            data__about = data["about"]
            if not isinstance(data__about, (list)):
                raise Unfit
            data__about_is_list = isinstance(data__about, (list))
            if data__about_is_list:
                data__about_len = len(data__about)
                if data__about_len < 1:
                    raise Unfit
                if data__about_len > 10000:
                    raise Unfit
                for data__about_x, data__about_item in enumerate(data__about):
                    if not isinstance(data__about_item, (dict)):
                        raise Unfit
                    data__about_item_is_dict = isinstance(data__about_item, dict)
                    if data__about_item_is_dict:
                        data__about_item__missing_keys = set(['incident']) - data__about_item.keys()
                        if data__about_item__missing_keys:
                            raise Unfit
                        data__about_item_keys = set(data__about_item.keys())
                        if "incident" in data__about_item_keys:
                            data__about_item_keys.remove("incident")
                            data__about_item__incident = data__about_item["incident"]
                            fits_name(data__about_item__incident)
                        if "id" in data__about_item_keys:
                            data__about_item_keys.remove("id")
                            data__about_item__id = data__about_item["id"]
                            if not isinstance(data__about_item__id, (str)):
                                raise Unfit
                            if isinstance(data__about_item__id, str):
                                if not REGEX_PATTERNS['^[0-9a-f]{12}$(?!\\n)'].search(data__about_item__id):
                                    raise Unfit
                        if "action" in data__about_item_keys:
                            data__about_item_keys.remove("action")
                            data__about_item__action = data__about_item["action"]
                            fits_reason(data__about_item__action)
                        if "message" in data__about_item_keys:
                            data__about_item_keys.remove("message")
                            data__about_item__message = data__about_item["message"]
                            fits_reason(data__about_item__message)
                        if "code" in data__about_item_keys:
                            data__about_item_keys.remove("code")
                            data__about_item__code = data__about_item["code"]
                            fits_name(data__about_item__code)
                        if "vector" in data__about_item_keys:
                            data__about_item_keys.remove("vector")
                            data__about_item__vector = data__about_item["vector"]
                            fits_name(data__about_item__vector)
                        if "attack" in data__about_item_keys:
                            data__about_item_keys.remove("attack")
                            data__about_item__attack = data__about_item["attack"]
                            fits_name(data__about_item__attack)
                        if "seconds" in data__about_item_keys:
                            data__about_item_keys.remove("seconds")
                            data__about_item__seconds = data__about_item["seconds"]
                            if not isinstance(data__about_item__seconds, (int, float)) or isinstance(data__about_item__seconds, bool):
                                raise Unfit
                            if isinstance(data__about_item__seconds, (int, float)) and not isinstance(data__about_item__seconds, bool):
                                if data__about_item__seconds < 0:
                                    raise Unfit
                                if data__about_item__seconds > 100000:
                                    raise Unfit
                        if data__about_item_keys:
                            raise Unfit
        if "reason" in data_keys:
            data_keys.remove("reason")
            data__reason = data["reason"]
            fits_reason(data__reason)
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if data_keys:
            raise Unfit
    return data

def fits_ordered_seconds_ago(data):
    if not isinstance(data, (int, float)) or isinstance(data, bool):
        raise Unfit
    if isinstance(data, (int, float)) and not isinstance(data, bool):
        if data < 0:
            raise Unfit
        if data > 2592000:
            raise Unfit
    return data

def fits_protect(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['prefix', 'reason']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "prefix" in data_keys:
            data_keys.remove("prefix")
            data__prefix = data["prefix"]
            if not isinstance(data__prefix, (str)):
                raise Unfit
            if isinstance(data__prefix, str):
                data__prefix_len = len(data__prefix)
                if data__prefix_len < 2:
                    raise Unfit
                if data__prefix_len > 64:
                    raise Unfit
        if "reason" in data_keys:
            data_keys.remove("reason")
            data__reason = data["reason"]
            if not isinstance(data__reason, (str)):
                raise Unfit
            if isinstance(data__reason, str):
                data__reason_len = len(data__reason)
                if data__reason_len < 1:
                    raise Unfit
                if data__reason_len > 1024:
                    raise Unfit
                if not REGEX_PATTERNS['\\S'].search(data__reason):
                    raise Unfit
        if "expires_in_seconds" in data_keys:
            data_keys.remove("expires_in_seconds")
            data__expiresinseconds = data["expires_in_seconds"]
            if not isinstance(data__expiresinseconds, (int)) and not (isinstance(data__expiresinseconds, float) and data__expiresinseconds.is_integer()) or isinstance(data__expiresinseconds, bool):
                raise Unfit
            if isinstance(data__expiresinseconds, (int, float)) and not isinstance(data__expiresinseconds, bool):
                if data__expiresinseconds < 1:
                    raise Unfit
                if data__expiresinseconds > 31536000:
                    raise Unfit
        if "expires_at" in data_keys:
            data_keys.remove("expires_at")
            data__expiresat = data["expires_at"]
            if not isinstance(data__expiresat, (str)):
                raise Unfit
            if isinstance(data__expiresat, str):
                data__expiresat_len = len(data__expiresat)
                if data__expiresat_len < 1:
                    raise Unfit
                if data__expiresat_len > 40:
                    raise Unfit
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if "wait_seconds" in data_keys:
            data_keys.remove("wait_seconds")
            data__waitseconds = data["wait_seconds"]
            fits_wait_seconds(data__waitseconds)
        if data_keys:
            raise Unfit
    return data

def fits_reason(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 1024:
            raise Unfit
    return data

def fits_reload(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "reason" in data_keys:
            data_keys.remove("reason")
            data__reason = data["reason"]
            fits_reason(data__reason)
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if "wait_seconds" in data_keys:
            data_keys.remove("wait_seconds")
            data__waitseconds = data["wait_seconds"]
            fits_wait_seconds(data__waitseconds)
        if data_keys:
            raise Unfit
    return data

def fits_resume(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_one_of_count2 = 0
    if data_one_of_count2 < 2:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['id']) - data.keys()
                if data__missing_keys:
                    raise Unfit
            data_one_of_count2 += 1
        except Unfit: pass
    if data_one_of_count2 < 2:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['incident']) - data.keys()
                if data__missing_keys:
                    raise Unfit
            data_one_of_count2 += 1
        except Unfit: pass
    if data_one_of_count2 < 2:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['incidents']) - data.keys()
                if data__missing_keys:
                    raise Unfit
            data_one_of_count2 += 1
        except Unfit: pass
    if data_one_of_count2 < 2:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['all']) - data.keys()
                if data__missing_keys:
                    raise Unfit
            data_one_of_count2 += 1
        except Unfit: pass
    if data_one_of_count2 != 1:
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "id" in data_keys:
            data_keys.remove("id")
            data__id = data["id"]
            if not isinstance(data__id, (str)):
                raise Unfit
            if isinstance(data__id, str):
                if not REGEX_PATTERNS['^[0-9a-f]{12}$(?!\\n)'].search(data__id):
                    raise Unfit
        if "incident" in data_keys:
            data_keys.remove("incident")
            data__incident = data["incident"]
            fits_name(data__incident)
        if "incidents" in data_keys:
            data_keys.remove("incidents")
            data__incidents = data["incidents"]
            if not isinstance(data__incidents, (list)):
                raise Unfit
            data__incidents_is_list = isinstance(data__incidents, (list))
            if data__incidents_is_list:
                data__incidents_len = len(data__incidents)
                if data__incidents_len < 1:
                    raise Unfit
                if data__incidents_len > 10000:
                    raise Unfit
                for data__incidents_x, data__incidents_item in enumerate(data__incidents):
                    fits_name(data__incidents_item)
        if "all" in data_keys:
            data_keys.remove("all")
            data__all = data["all"]
            if not (isinstance(data__all, bool) and data__all is True):
                raise Unfit
        if "operator" in data_keys:
            data_keys.remove("operator")
            data__operator = data["operator"]
            if not isinstance(data__operator, (bool)):
                raise Unfit
        if "reason" in data_keys:
            data_keys.remove("reason")
            data__reason = data["reason"]
            fits_reason(data__reason)
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if "automation" in data_keys:
            data_keys.remove("automation")
            data__automation = data["automation"]
            fits_automation(data__automation)
        if "wait_seconds" in data_keys:
            data_keys.remove("wait_seconds")
            data__waitseconds = data["wait_seconds"]
            fits_wait_seconds(data__waitseconds)
        if data_keys:
            raise Unfit
    return data

def fits_rule(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "vector" in data_keys:
            data_keys.remove("vector")
            data__vector = data["vector"]
            fits_name(data__vector)
        if "incident" in data_keys:
            data_keys.remove("incident")
            data__incident = data["incident"]
            fits_name(data__incident)
    return data

def fits_seconds(data):
    if not isinstance(data, (int, float)) or isinstance(data, bool):
        raise Unfit
    if isinstance(data, (int, float)) and not isinstance(data, bool):
        if data < 0:
            raise Unfit
        if data > 100000000000:
            raise Unfit
    return data

def fits_unprotect(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "reason" in data_keys:
            data_keys.remove("reason")
            data__reason = data["reason"]
            fits_reason(data__reason)
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if data_keys:
            raise Unfit
    return data

def fits_wait_seconds(data):
    if not isinstance(data, (int, float)) or isinstance(data, bool):
        raise Unfit
    if isinstance(data, (int, float)) and not isinstance(data, bool):
        if data < 0:
            raise Unfit
        if data > 30:
            raise Unfit
    return data

def fits_whole(data):
    return data

def fits_withdraw(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_one_of_count3 = 0
    if data_one_of_count3 < 2:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['id']) - data.keys()
                if data__missing_keys:
                    raise Unfit
            data_one_of_count3 += 1
        except Unfit: pass
    if data_one_of_count3 < 2:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['match']) - data.keys()
                if data__missing_keys:
                    raise Unfit
            data_one_of_count3 += 1
        except Unfit: pass
    if data_one_of_count3 < 2:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['incident']) - data.keys()
                if data__missing_keys:
                    raise Unfit
            data_one_of_count3 += 1
        except Unfit: pass
    if data_one_of_count3 < 2:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['incidents']) - data.keys()
                if data__missing_keys:
                    raise Unfit
            data_one_of_count3 += 1
        except Unfit: pass
    if data_one_of_count3 < 2:
        try:
            data_is_dict = isinstance(data, dict)
            if data_is_dict:
                data__missing_keys = set(['all']) - data.keys()
                if data__missing_keys:
                    raise Unfit
            data_one_of_count3 += 1
        except Unfit: pass
    if data_one_of_count3 != 1:
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "id" in data_keys:
            data_keys.remove("id")
            data__id = data["id"]
            if not isinstance(data__id, (str)):
                raise Unfit
            if isinstance(data__id, str):
                if not REGEX_PATTERNS['^[0-9a-f]{12}$(?!\\n)'].search(data__id):
                    raise Unfit
        if "match" in data_keys:
            data_keys.remove("match")
            data__match = data["match"]
            if not isinstance(data__match, (dict)):
                raise Unfit
        if "incident" in data_keys:
            data_keys.remove("incident")
            data__incident = data["incident"]
            fits_name(data__incident)
        if "incidents" in data_keys:
            data_keys.remove("incidents")
            data__incidents = data["incidents"]
            if not isinstance(data__incidents, (list)):
                raise Unfit
            data__incidents_is_list = isinstance(data__incidents, (list))
            if data__incidents_is_list:
                data__incidents_len = len(data__incidents)
                if data__incidents_len < 1:
                    raise Unfit
                if data__incidents_len > 10000:
                    raise Unfit
                for data__incidents_x, data__incidents_item in enumerate(data__incidents):
                    fits_name(data__incidents_item)
        if "all" in data_keys:
            data_keys.remove("all")
            data__all = data["all"]
            if not (isinstance(data__all, bool) and data__all is True):
                raise Unfit
        if "after_seconds" in data_keys:
            data_keys.remove("after_seconds")
            data__afterseconds = data["after_seconds"]
            if not isinstance(data__afterseconds, (int)) and not (isinstance(data__afterseconds, float) and data__afterseconds.is_integer()) or isinstance(data__afterseconds, bool):
                raise Unfit
            if isinstance(data__afterseconds, (int, float)) and not isinstance(data__afterseconds, bool):
                if data__afterseconds < 0:
                    raise Unfit
                if data__afterseconds > 86400:
                    raise Unfit
        if "seen_at" in data_keys:
            data_keys.remove("seen_at")
            data__seenat = data["seen_at"]
            fits_seconds(data__seenat)
        if "reason" in data_keys:
            data_keys.remove("reason")
            data__reason = data["reason"]
            fits_reason(data__reason)
        if "caller" in data_keys:
            data_keys.remove("caller")
            data__caller = data["caller"]
            fits_name(data__caller)
        if "automation" in data_keys:
            data_keys.remove("automation")
            data__automation = data["automation"]
            fits_automation(data__automation)
        if "ordered_seconds_ago" in data_keys:
            data_keys.remove("ordered_seconds_ago")
            data__orderedsecondsago = data["ordered_seconds_ago"]
            fits_ordered_seconds_ago(data__orderedsecondsago)
        if "wait_seconds" in data_keys:
            data_keys.remove("wait_seconds")
            data__waitseconds = data["wait_seconds"]
            fits_wait_seconds(data__waitseconds)
        if data_keys:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
    'name': fits_name,
    'reason': fits_reason,
    'wait_seconds': fits_wait_seconds,
    'seconds': fits_seconds,
    'automation': fits_automation,
    'ordered_seconds_ago': fits_ordered_seconds_ago,
    'announce': fits_announce,
    'rule': fits_rule,
    'withdraw': fits_withdraw,
    'resume': fits_resume,
    'explain': fits_explain,
    'killSwitch': fits_killswitch,
    'reload': fits_reload,
    'protect': fits_protect,
    'unprotect': fits_unprotect,
    'note': fits_note,
    'heartbeat': fits_heartbeat,
    'attacksSeen': fits_attacksseen,
    'attacksSettled': fits_attackssettled,
    'attacksOverdue': fits_attacksoverdue,
    'message': fits_message,
    'flow': fits_flow,
}
