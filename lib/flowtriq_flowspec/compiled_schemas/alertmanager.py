"""Generated from schemas/alertmanager.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit



def fits_alert(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['status', 'labels', 'startsAt', 'fingerprint']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "status" in data_keys:
            data_keys.remove("status")
            data__status = data["status"]
            if not isinstance(data__status, (str)):
                raise Unfit
            if not (isinstance(data__status, str) and data__status == 'firing' or isinstance(data__status, str) and data__status == 'resolved'):
                raise Unfit
        if "labels" in data_keys:
            data_keys.remove("labels")
            data__labels = data["labels"]
            if not isinstance(data__labels, (dict)):
                raise Unfit
        if "fingerprint" in data_keys:
            data_keys.remove("fingerprint")
            data__fingerprint = data["fingerprint"]
            fits_fingerprint(data__fingerprint)
    return data

def fits_api_alert(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['status', 'labels', 'startsAt', 'fingerprint']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "status" in data_keys:
            data_keys.remove("status")
            data__status = data["status"]
            if not isinstance(data__status, (dict)):
                raise Unfit
            data__status_is_dict = isinstance(data__status, dict)
            if data__status_is_dict:
                data__status__missing_keys = set(['state']) - data__status.keys()
                if data__status__missing_keys:
                    raise Unfit
                data__status_keys = set(data__status.keys())
                if "state" in data__status_keys:
                    data__status_keys.remove("state")
                    data__status__state = data__status["state"]
                    if not (isinstance(data__status__state, str) and data__status__state == 'active' or isinstance(data__status__state, str) and data__status__state == 'suppressed' or isinstance(data__status__state, str) and data__status__state == 'unprocessed'):
                        raise Unfit
        if "labels" in data_keys:
            data_keys.remove("labels")
            data__labels = data["labels"]
            if not isinstance(data__labels, (dict)):
                raise Unfit
        if "fingerprint" in data_keys:
            data_keys.remove("fingerprint")
            data__fingerprint = data["fingerprint"]
            fits_fingerprint(data__fingerprint)
    return data

def fits_api_alerts(data):
    if not isinstance(data, (list)):
        raise Unfit
    return data

def fits_fingerprint(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 128:
            raise Unfit
    return data

def fits_grafana(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['version', 'alerts']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            if not (isinstance(data__version, str) and data__version == '1'):
                raise Unfit
        if "alerts" in data_keys:
            data_keys.remove("alerts")
            data__alerts = data["alerts"]
            if not isinstance(data__alerts, (list)):
                raise Unfit
        if "truncatedAlerts" in data_keys:
            data_keys.remove("truncatedAlerts")
            data__truncatedAlerts = data["truncatedAlerts"]
    return data

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['version', 'alerts']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            if not (isinstance(data__version, str) and data__version == '4'):
                raise Unfit
        if "alerts" in data_keys:
            data_keys.remove("alerts")
            data__alerts = data["alerts"]
            if not isinstance(data__alerts, (list)):
                raise Unfit
        if "truncatedAlerts" in data_keys:
            data_keys.remove("truncatedAlerts")
            data__truncatedAlerts = data["truncatedAlerts"]
    return data

CHECKS = {
    None: fits_whole,
    'grafana': fits_grafana,
    'fingerprint': fits_fingerprint,
    'alert': fits_alert,
    'api_alerts': fits_api_alerts,
    'api_alert': fits_api_alert,
}
