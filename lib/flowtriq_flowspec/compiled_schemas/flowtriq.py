"""Generated from schemas/flowtriq.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit



def fits_event(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['event_type']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "event_type" in data_keys:
            data_keys.remove("event_type")
            data__eventtype = data["event_type"]
            fits_event_type(data__eventtype)
    return data

def fits_event_type(data):
    if not isinstance(data, (str)):
        raise Unfit
    if not (isinstance(data, str) and data == 'attack_start' or isinstance(data, str) and data == 'attack_update' or isinstance(data, str) and data == 'attack_end' or isinstance(data, str) and data == 'test'):
        raise Unfit
    return data

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['event_type', 'incident']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "event_type" in data_keys:
            data_keys.remove("event_type")
            data__eventtype = data["event_type"]
            fits_event_type(data__eventtype)
        if "incident" in data_keys:
            data_keys.remove("incident")
            data__incident = data["incident"]
            if not isinstance(data__incident, (dict)):
                raise Unfit
            data__incident_is_dict = isinstance(data__incident, dict)
            if data__incident_is_dict:
                data__incident__missing_keys = set(['uuid']) - data__incident.keys()
                if data__incident__missing_keys:
                    raise Unfit
                data__incident_keys = set(data__incident.keys())
                if "uuid" in data__incident_keys:
                    data__incident_keys.remove("uuid")
                    data__incident__uuid = data__incident["uuid"]
                    if not isinstance(data__incident__uuid, (str, int)) and not (isinstance(data__incident__uuid, float) and data__incident__uuid.is_integer()) or isinstance(data__incident__uuid, bool):
                        raise Unfit
                    if isinstance(data__incident__uuid, str):
                        data__incident__uuid_len = len(data__incident__uuid)
                        if data__incident__uuid_len < 1:
                            raise Unfit
                        if data__incident__uuid_len > 4096:
                            raise Unfit
                if "attack_family" in data__incident_keys:
                    data__incident_keys.remove("attack_family")
                    data__incident__attackfamily = data__incident["attack_family"]
                if "attack_subtype" in data__incident_keys:
                    data__incident_keys.remove("attack_subtype")
                    data__incident__attacksubtype = data__incident["attack_subtype"]
                if "vectors" in data__incident_keys:
                    data__incident_keys.remove("vectors")
                    data__incident__vectors = data__incident["vectors"]
                if "inner_ip" in data__incident_keys:
                    data__incident_keys.remove("inner_ip")
                    data__incident__innerip = data__incident["inner_ip"]
                if "title" in data__incident_keys:
                    data__incident_keys.remove("title")
                    data__incident__title = data__incident["title"]
                if "ai_summary" in data__incident_keys:
                    data__incident_keys.remove("ai_summary")
                    data__incident__aisummary = data__incident["ai_summary"]
                if "severity" in data__incident_keys:
                    data__incident_keys.remove("severity")
                    data__incident__severity = data__incident["severity"]
                if "peak_pps" in data__incident_keys:
                    data__incident_keys.remove("peak_pps")
                    data__incident__peakpps = data__incident["peak_pps"]
                if "peak_bps" in data__incident_keys:
                    data__incident_keys.remove("peak_bps")
                    data__incident__peakbps = data__incident["peak_bps"]
                if "source_ip_count" in data__incident_keys:
                    data__incident_keys.remove("source_ip_count")
                    data__incident__sourceipcount = data__incident["source_ip_count"]
                if "started_at" in data__incident_keys:
                    data__incident_keys.remove("started_at")
                    data__incident__startedat = data__incident["started_at"]
                if "source_ports" in data__incident_keys:
                    data__incident_keys.remove("source_ports")
                    data__incident__sourceports = data__incident["source_ports"]
                if "destination_ports" in data__incident_keys:
                    data__incident_keys.remove("destination_ports")
                    data__incident__destinationports = data__incident["destination_ports"]
                if "packet_lengths" in data__incident_keys:
                    data__incident_keys.remove("packet_lengths")
                    data__incident__packetlengths = data__incident["packet_lengths"]
                if "protocols" in data__incident_keys:
                    data__incident_keys.remove("protocols")
                    data__incident__protocols = data__incident["protocols"]
                if "tcp_flags" in data__incident_keys:
                    data__incident_keys.remove("tcp_flags")
                    data__incident__tcpflags = data__incident["tcp_flags"]
                if "sources" in data__incident_keys:
                    data__incident_keys.remove("sources")
                    data__incident__sources = data__incident["sources"]
        if "node" in data_keys:
            data_keys.remove("node")
            data__node = data["node"]
    return data

def fits_with_node(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['node']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "node" in data_keys:
            data_keys.remove("node")
            data__node = data["node"]
            if not isinstance(data__node, (dict)):
                raise Unfit
            data__node_is_dict = isinstance(data__node, dict)
            if data__node_is_dict:
                data__node__missing_keys = set(['ip_address']) - data__node.keys()
                if data__node__missing_keys:
                    raise Unfit
                data__node_keys = set(data__node.keys())
                if "ip_address" in data__node_keys:
                    data__node_keys.remove("ip_address")
                    data__node__ipaddress = data__node["ip_address"]
                    if not isinstance(data__node__ipaddress, (str)):
                        raise Unfit
                    if isinstance(data__node__ipaddress, str):
                        data__node__ipaddress_len = len(data__node__ipaddress)
                        if data__node__ipaddress_len < 2:
                            raise Unfit
                        if data__node__ipaddress_len > 64:
                            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
    'with_node': fits_with_node,
    'event_type': fits_event_type,
    'event': fits_event,
}
