"""Generated from schemas/generic.schema.json by tools/generate.py: edit that one.

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
        data__missing_keys = set(['id', 'status', 'target', 'vector']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "id" in data_keys:
            data_keys.remove("id")
            data__id = data["id"]
            if not isinstance(data__id, (str, int)) and not (isinstance(data__id, float) and data__id.is_integer()) or isinstance(data__id, bool):
                raise Unfit
            if isinstance(data__id, str):
                data__id_len = len(data__id)
                if data__id_len < 1:
                    raise Unfit
                if data__id_len > 4096:
                    raise Unfit
        if "status" in data_keys:
            data_keys.remove("status")
            data__status = data["status"]
            if not isinstance(data__status, (str)):
                raise Unfit
            if not (isinstance(data__status, str) and data__status == 'started' or isinstance(data__status, str) and data__status == 'updated' or isinstance(data__status, str) and data__status == 'ended'):
                raise Unfit
        if "target" in data_keys:
            data_keys.remove("target")
            data__target = data["target"]
        if "vector" in data_keys:
            data_keys.remove("vector")
            data__vector = data["vector"]
        if "severity" in data_keys:
            data_keys.remove("severity")
            data__severity = data["severity"]
        if "observed" in data_keys:
            data_keys.remove("observed")
            data__observed = data["observed"]
            data__observed_is_dict = isinstance(data__observed, dict)
            if data__observed_is_dict:
                data__observed_keys = set(data__observed.keys())
                if "source_ports" in data__observed_keys:
                    data__observed_keys.remove("source_ports")
                    data__observed__sourceports = data__observed["source_ports"]
                if "destination_ports" in data__observed_keys:
                    data__observed_keys.remove("destination_ports")
                    data__observed__destinationports = data__observed["destination_ports"]
                if "sources" in data__observed_keys:
                    data__observed_keys.remove("sources")
                    data__observed__sources = data__observed["sources"]
                if "packet_lengths" in data__observed_keys:
                    data__observed_keys.remove("packet_lengths")
                    data__observed__packetlengths = data__observed["packet_lengths"]
                if "protocols" in data__observed_keys:
                    data__observed_keys.remove("protocols")
                    data__observed__protocols = data__observed["protocols"]
                if "tcp_flags" in data__observed_keys:
                    data__observed_keys.remove("tcp_flags")
                    data__observed__tcpflags = data__observed["tcp_flags"]
                if "bps" in data__observed_keys:
                    data__observed_keys.remove("bps")
                    data__observed__bps = data__observed["bps"]
                if "pps" in data__observed_keys:
                    data__observed_keys.remove("pps")
                    data__observed__pps = data__observed["pps"]
        if "started_at" in data_keys:
            data_keys.remove("started_at")
            data__startedat = data["started_at"]
        if "summary" in data_keys:
            data_keys.remove("summary")
            data__summary = data["summary"]
    return data

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['alerts']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "alerts" in data_keys:
            data_keys.remove("alerts")
            data__alerts = data["alerts"]
            if not isinstance(data__alerts, (list)):
                raise Unfit
            data__alerts_is_list = isinstance(data__alerts, (list))
            if data__alerts_is_list:
                data__alerts_len = len(data__alerts)
                if data__alerts_len < 1:
                    raise Unfit
        if "timestamp" in data_keys:
            data_keys.remove("timestamp")
            data__timestamp = data["timestamp"]
    return data

CHECKS = {
    None: fits_whole,
    'alert': fits_alert,
}
