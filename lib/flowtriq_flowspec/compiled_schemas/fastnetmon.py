"""Generated from schemas/fastnetmon.schema.json by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from . import Unfit

REGEX_PATTERNS = {
    '^[!-~]{1,200}$(?!\\n)': re.compile('^[!-~]{1,200}\\Z(?!\\n)'),
    '^[0-9]{1,15}(\\.[0-9]{1,15})?$(?!\\n)': re.compile('^[0-9]{1,15}(\\.[0-9]{1,15})?\\Z(?!\\n)')
}

def fits_counter(data):
    if not isinstance(data, (int, float, str)) or isinstance(data, bool):
        raise Unfit
    if isinstance(data, str):
        if not REGEX_PATTERNS['^[0-9]{1,15}(\\.[0-9]{1,15})?$(?!\\n)'].search(data):
            raise Unfit
    if isinstance(data, (int, float)) and not isinstance(data, bool):
        if data < 0:
            raise Unfit
        if data > 100000000000000:
            raise Unfit
    return data

def fits_flow_spec_rule(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['action_type']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "uuid" in data_keys:
            data_keys.remove("uuid")
            data__uuid = data["uuid"]
        if "source_prefix" in data_keys:
            data_keys.remove("source_prefix")
            data__sourceprefix = data["source_prefix"]
            fits_values(data__sourceprefix)
        if "destination_prefix" in data_keys:
            data_keys.remove("destination_prefix")
            data__destinationprefix = data["destination_prefix"]
            fits_values(data__destinationprefix)
        if "source_ports" in data_keys:
            data_keys.remove("source_ports")
            data__sourceports = data["source_ports"]
            fits_values(data__sourceports)
        if "destination_ports" in data_keys:
            data_keys.remove("destination_ports")
            data__destinationports = data["destination_ports"]
            fits_values(data__destinationports)
        if "packet_lengths" in data_keys:
            data_keys.remove("packet_lengths")
            data__packetlengths = data["packet_lengths"]
            fits_values(data__packetlengths)
        if "protocols" in data_keys:
            data_keys.remove("protocols")
            data__protocols = data["protocols"]
            fits_values(data__protocols)
        if "tcp_flags" in data_keys:
            data_keys.remove("tcp_flags")
            data__tcpflags = data["tcp_flags"]
            fits_values(data__tcpflags)
        if "fragmentation_flags" in data_keys:
            data_keys.remove("fragmentation_flags")
            data__fragmentationflags = data["fragmentation_flags"]
            fits_values(data__fragmentationflags)
        if "action_type" in data_keys:
            data_keys.remove("action_type")
            data__actiontype = data["action_type"]
            if not isinstance(data__actiontype, (str)):
                raise Unfit
            if isinstance(data__actiontype, str):
                data__actiontype_len = len(data__actiontype)
                if data__actiontype_len > 64:
                    raise Unfit
        if "action" in data_keys:
            data_keys.remove("action")
            data__action = data["action"]
    return data

def fits_id(data):
    if not isinstance(data, (str, int)) and not (isinstance(data, float) and data.is_integer()) or isinstance(data, bool):
        raise Unfit
    if isinstance(data, str):
        if not REGEX_PATTERNS['^[!-~]{1,200}$(?!\\n)'].search(data):
            raise Unfit
    if isinstance(data, (int, float)) and not isinstance(data, bool):
        if data < 0:
            raise Unfit
        if data > 1000000000000000000:
            raise Unfit
    return data

def fits_values(data):
    if not isinstance(data, (list, str, int)) and not (isinstance(data, float) and data.is_integer()) or isinstance(data, bool):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 1000:
            raise Unfit
    data_is_list = isinstance(data, (list))
    if data_is_list:
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        if data_len > 64:
            raise Unfit
        for data_x, data_item in enumerate(data):
            if not isinstance(data_item, (str, int)) and not (isinstance(data_item, float) and data_item.is_integer()) or isinstance(data_item, bool):
                raise Unfit
            if isinstance(data_item, str):
                data_item_len = len(data_item)
                if data_item_len < 1:
                    raise Unfit
                if data_item_len > 64:
                    raise Unfit
    return data

def fits_whole(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['action', 'attack_details']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "ip" in data_keys:
            data_keys.remove("ip")
            data__ip = data["ip"]
        if "action" in data_keys:
            data_keys.remove("action")
            data__action = data["action"]
            if not isinstance(data__action, (str)):
                raise Unfit
            if not (isinstance(data__action, str) and data__action == 'ban' or isinstance(data__action, str) and data__action == 'unban' or isinstance(data__action, str) and data__action == 'attack_status' or isinstance(data__action, str) and data__action == 'partial_block' or isinstance(data__action, str) and data__action == 'partial_unblock'):
                raise Unfit
        if "alert_scope" in data_keys:
            data_keys.remove("alert_scope")
            data__alertscope = data["alert_scope"]
            if not isinstance(data__alertscope, (str)):
                raise Unfit
            if not (isinstance(data__alertscope, str) and data__alertscope == 'host' or isinstance(data__alertscope, str) and data__alertscope == 'hostgroup'):
                raise Unfit
        if "hostgroup_name" in data_keys:
            data_keys.remove("hostgroup_name")
            data__hostgroupname = data["hostgroup_name"]
            fits_id(data__hostgroupname)
        if "hostgroup_networks" in data_keys:
            data_keys.remove("hostgroup_networks")
            data__hostgroupnetworks = data["hostgroup_networks"]
            if not isinstance(data__hostgroupnetworks, (list, str, type(None))):
                raise Unfit
            if isinstance(data__hostgroupnetworks, str):
                data__hostgroupnetworks_len = len(data__hostgroupnetworks)
                if data__hostgroupnetworks_len > 100000:
                    raise Unfit
            data__hostgroupnetworks_is_list = isinstance(data__hostgroupnetworks, (list))
            if data__hostgroupnetworks_is_list:
                data__hostgroupnetworks_len = len(data__hostgroupnetworks)
                if data__hostgroupnetworks_len > 10000:
                    raise Unfit
        if "attack_details" in data_keys:
            data_keys.remove("attack_details")
            data__attackdetails = data["attack_details"]
            if not isinstance(data__attackdetails, (dict)):
                raise Unfit
            data__attackdetails_is_dict = isinstance(data__attackdetails, dict)
            if data__attackdetails_is_dict:
                data__attackdetails_keys = set(data__attackdetails.keys())
                if "attack_uuid" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("attack_uuid")
                    data__attackdetails__attackuuid = data__attackdetails["attack_uuid"]
                    fits_id(data__attackdetails__attackuuid)
                if "attack_severity" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("attack_severity")
                    data__attackdetails__attackseverity = data__attackdetails["attack_severity"]
                    fits_word(data__attackdetails__attackseverity)
                if "attack_type" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("attack_type")
                    data__attackdetails__attacktype = data__attackdetails["attack_type"]
                    fits_word(data__attackdetails__attacktype)
                if "attack_direction" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("attack_direction")
                    data__attackdetails__attackdirection = data__attackdetails["attack_direction"]
                    fits_word(data__attackdetails__attackdirection)
                if "attack_detection_threshold_direction" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("attack_detection_threshold_direction")
                    data__attackdetails__attackdetectionthresholddirection = data__attackdetails["attack_detection_threshold_direction"]
                    fits_word(data__attackdetails__attackdetectionthresholddirection)
                if "total_incoming_traffic" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("total_incoming_traffic")
                    data__attackdetails__totalincomingtraffic = data__attackdetails["total_incoming_traffic"]
                    fits_counter(data__attackdetails__totalincomingtraffic)
                if "total_incoming_traffic_bits" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("total_incoming_traffic_bits")
                    data__attackdetails__totalincomingtrafficbits = data__attackdetails["total_incoming_traffic_bits"]
                    fits_counter(data__attackdetails__totalincomingtrafficbits)
                if "total_incoming_pps" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("total_incoming_pps")
                    data__attackdetails__totalincomingpps = data__attackdetails["total_incoming_pps"]
                    fits_counter(data__attackdetails__totalincomingpps)
                if "total_outgoing_pps" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("total_outgoing_pps")
                    data__attackdetails__totaloutgoingpps = data__attackdetails["total_outgoing_pps"]
                    fits_counter(data__attackdetails__totaloutgoingpps)
                if "incoming_tcp_traffic" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("incoming_tcp_traffic")
                    data__attackdetails__incomingtcptraffic = data__attackdetails["incoming_tcp_traffic"]
                    fits_counter(data__attackdetails__incomingtcptraffic)
                if "incoming_tcp_pps" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("incoming_tcp_pps")
                    data__attackdetails__incomingtcppps = data__attackdetails["incoming_tcp_pps"]
                    fits_counter(data__attackdetails__incomingtcppps)
                if "incoming_syn_tcp_traffic" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("incoming_syn_tcp_traffic")
                    data__attackdetails__incomingsyntcptraffic = data__attackdetails["incoming_syn_tcp_traffic"]
                    fits_counter(data__attackdetails__incomingsyntcptraffic)
                if "incoming_syn_tcp_pps" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("incoming_syn_tcp_pps")
                    data__attackdetails__incomingsyntcppps = data__attackdetails["incoming_syn_tcp_pps"]
                    fits_counter(data__attackdetails__incomingsyntcppps)
                if "incoming_udp_traffic" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("incoming_udp_traffic")
                    data__attackdetails__incomingudptraffic = data__attackdetails["incoming_udp_traffic"]
                    fits_counter(data__attackdetails__incomingudptraffic)
                if "incoming_udp_pps" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("incoming_udp_pps")
                    data__attackdetails__incomingudppps = data__attackdetails["incoming_udp_pps"]
                    fits_counter(data__attackdetails__incomingudppps)
                if "incoming_icmp_traffic" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("incoming_icmp_traffic")
                    data__attackdetails__incomingicmptraffic = data__attackdetails["incoming_icmp_traffic"]
                    fits_counter(data__attackdetails__incomingicmptraffic)
                if "incoming_icmp_pps" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("incoming_icmp_pps")
                    data__attackdetails__incomingicmppps = data__attackdetails["incoming_icmp_pps"]
                    fits_counter(data__attackdetails__incomingicmppps)
                if "incoming_ip_fragmented_traffic" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("incoming_ip_fragmented_traffic")
                    data__attackdetails__incomingipfragmentedtraffic = data__attackdetails["incoming_ip_fragmented_traffic"]
                    fits_counter(data__attackdetails__incomingipfragmentedtraffic)
                if "incoming_ip_fragmented_pps" in data__attackdetails_keys:
                    data__attackdetails_keys.remove("incoming_ip_fragmented_pps")
                    data__attackdetails__incomingipfragmentedpps = data__attackdetails["incoming_ip_fragmented_pps"]
                    fits_counter(data__attackdetails__incomingipfragmentedpps)
        if "packet_dump_detailed" in data_keys:
            data_keys.remove("packet_dump_detailed")
            data__packetdumpdetailed = data["packet_dump_detailed"]
            if not isinstance(data__packetdumpdetailed, (list, type(None))):
                raise Unfit
            data__packetdumpdetailed_is_list = isinstance(data__packetdumpdetailed, (list))
            if data__packetdumpdetailed_is_list:
                data__packetdumpdetailed_len = len(data__packetdumpdetailed)
                if data__packetdumpdetailed_len > 100000:
                    raise Unfit
                for data__packetdumpdetailed_x, data__packetdumpdetailed_item in enumerate(data__packetdumpdetailed):
                    if not isinstance(data__packetdumpdetailed_item, (dict)):
                        raise Unfit
                    data__packetdumpdetailed_item_is_dict = isinstance(data__packetdumpdetailed_item, dict)
                    if data__packetdumpdetailed_item_is_dict:
                        data__packetdumpdetailed_item_keys = set(data__packetdumpdetailed_item.keys())
                        if "destination_ip" in data__packetdumpdetailed_item_keys:
                            data__packetdumpdetailed_item_keys.remove("destination_ip")
                            data__packetdumpdetailed_item__destinationip = data__packetdumpdetailed_item["destination_ip"]
                            if not isinstance(data__packetdumpdetailed_item__destinationip, (str)):
                                raise Unfit
                            if isinstance(data__packetdumpdetailed_item__destinationip, str):
                                data__packetdumpdetailed_item__destinationip_len = len(data__packetdumpdetailed_item__destinationip)
                                if data__packetdumpdetailed_item__destinationip_len > 64:
                                    raise Unfit
                        if "source_port" in data__packetdumpdetailed_item_keys:
                            data__packetdumpdetailed_item_keys.remove("source_port")
                            data__packetdumpdetailed_item__sourceport = data__packetdumpdetailed_item["source_port"]
                            fits_counter(data__packetdumpdetailed_item__sourceport)
                        if "destination_port" in data__packetdumpdetailed_item_keys:
                            data__packetdumpdetailed_item_keys.remove("destination_port")
                            data__packetdumpdetailed_item__destinationport = data__packetdumpdetailed_item["destination_port"]
                            fits_counter(data__packetdumpdetailed_item__destinationport)
                        if "protocol" in data__packetdumpdetailed_item_keys:
                            data__packetdumpdetailed_item_keys.remove("protocol")
                            data__packetdumpdetailed_item__protocol = data__packetdumpdetailed_item["protocol"]
                            if not isinstance(data__packetdumpdetailed_item__protocol, (str, int)) and not (isinstance(data__packetdumpdetailed_item__protocol, float) and data__packetdumpdetailed_item__protocol.is_integer()) or isinstance(data__packetdumpdetailed_item__protocol, bool):
                                raise Unfit
                            if isinstance(data__packetdumpdetailed_item__protocol, str):
                                data__packetdumpdetailed_item__protocol_len = len(data__packetdumpdetailed_item__protocol)
                                if data__packetdumpdetailed_item__protocol_len > 64:
                                    raise Unfit
                        if "tcp_flags" in data__packetdumpdetailed_item_keys:
                            data__packetdumpdetailed_item_keys.remove("tcp_flags")
                            data__packetdumpdetailed_item__tcpflags = data__packetdumpdetailed_item["tcp_flags"]
                            if not isinstance(data__packetdumpdetailed_item__tcpflags, (str)):
                                raise Unfit
                            if isinstance(data__packetdumpdetailed_item__tcpflags, str):
                                data__packetdumpdetailed_item__tcpflags_len = len(data__packetdumpdetailed_item__tcpflags)
                                if data__packetdumpdetailed_item__tcpflags_len > 128:
                                    raise Unfit
                        if "fragmentation" in data__packetdumpdetailed_item_keys:
                            data__packetdumpdetailed_item_keys.remove("fragmentation")
                            data__packetdumpdetailed_item__fragmentation = data__packetdumpdetailed_item["fragmentation"]
                            if not isinstance(data__packetdumpdetailed_item__fragmentation, (bool, int, str)) and not (isinstance(data__packetdumpdetailed_item__fragmentation, float) and data__packetdumpdetailed_item__fragmentation.is_integer()):
                                raise Unfit
                        if "packets" in data__packetdumpdetailed_item_keys:
                            data__packetdumpdetailed_item_keys.remove("packets")
                            data__packetdumpdetailed_item__packets = data__packetdumpdetailed_item["packets"]
                            fits_counter(data__packetdumpdetailed_item__packets)
                        if "sample_ratio" in data__packetdumpdetailed_item_keys:
                            data__packetdumpdetailed_item_keys.remove("sample_ratio")
                            data__packetdumpdetailed_item__sampleratio = data__packetdumpdetailed_item["sample_ratio"]
                            fits_counter(data__packetdumpdetailed_item__sampleratio)
        if "flow_spec_rules" in data_keys:
            data_keys.remove("flow_spec_rules")
            data__flowspecrules = data["flow_spec_rules"]
            if not isinstance(data__flowspecrules, (list, dict, type(None))):
                raise Unfit
            data__flowspecrules_is_list = isinstance(data__flowspecrules, (list))
            if data__flowspecrules_is_list:
                data__flowspecrules_len = len(data__flowspecrules)
                if data__flowspecrules_len > 1000:
                    raise Unfit
    return data

def fits_word(data):
    if not isinstance(data, (str)):
        raise Unfit
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 128:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
    'counter': fits_counter,
    'id': fits_id,
    'word': fits_word,
    'values': fits_values,
    'flow_spec_rule': fits_flow_spec_rule,
}
