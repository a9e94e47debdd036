"""Generated from schemas/ by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from flowtriq_flowspec.compiled_schemas import Unfit

REGEX_PATTERNS = {
    '^\\w+$': re.compile('^\\w+$'),
    '\\{\\{': re.compile('\\{\\{'),
    '^trigger(\\.[A-Za-z_]\\w*)+$': re.compile('^trigger(\\.[A-Za-z_]\\w*)+\\Z'),
    '^[a-z0-9_]+$': re.compile('^[a-z0-9_]+\\Z'),
    '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)$': re.compile('^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\Z'),
    '^((>|>=|=|<=|<)\\s*[0-9]+\\.[0-9]+\\.[0-9]+(\\s*,)?\\s*)+$': re.compile('^((>|>=|=|<=|<)\\s*[0-9]+\\.[0-9]+\\.[0-9]+(\\s*,)?\\s*)+\\Z'),
    '^[^@ ]+@[^@ ]+$': re.compile('^[^@ ]+@[^@ ]+\\Z')
}

def fits_action(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['name', 'runner_type', 'entry_point']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "name" in data_keys:
            data_keys.remove("name")
            data__name = data["name"]
            if not isinstance(data__name, (str)):
                raise Unfit
        if "pack" in data_keys:
            data_keys.remove("pack")
            data__pack = data["pack"]
            if not isinstance(data__pack, (str)):
                raise Unfit
        if "description" in data_keys:
            data_keys.remove("description")
            data__description = data["description"]
            if not isinstance(data__description, (str)):
                raise Unfit
        if "enabled" in data_keys:
            data_keys.remove("enabled")
            data__enabled = data["enabled"]
            if not isinstance(data__enabled, (bool)):
                raise Unfit
        if "runner_type" in data_keys:
            data_keys.remove("runner_type")
            data__runnertype = data["runner_type"]
            if not (isinstance(data__runnertype, str) and data__runnertype == 'python-script' or isinstance(data__runnertype, str) and data__runnertype == 'orquesta'):
                raise Unfit
        if "entry_point" in data_keys:
            data_keys.remove("entry_point")
            data__entrypoint = data["entry_point"]
            if not isinstance(data__entrypoint, (str)):
                raise Unfit
        if "parameters" in data_keys:
            data_keys.remove("parameters")
            data__parameters = data["parameters"]
            fits_parameters(data__parameters)
        if "output_schema" in data_keys:
            data_keys.remove("output_schema")
            data__outputschema = data["output_schema"]
            if not isinstance(data__outputschema, (dict)):
                raise Unfit
        if "tags" in data_keys:
            data_keys.remove("tags")
            data__tags = data["tags"]
            if not isinstance(data__tags, (list)):
                raise Unfit
            data__tags_is_list = isinstance(data__tags, (list))
            if data__tags_is_list:
                data__tags_len = len(data__tags)
                for data__tags_x, data__tags_item in enumerate(data__tags):
                    if not isinstance(data__tags_item, (dict)):
                        raise Unfit
        if "notify" in data_keys:
            data_keys.remove("notify")
            data__notify = data["notify"]
            if not isinstance(data__notify, (dict)):
                raise Unfit
        if data_keys:
            raise Unfit
    return data

def fits_alias(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['name', 'pack', 'description', 'action_ref', 'formats']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "name" in data_keys:
            data_keys.remove("name")
            data__name = data["name"]
            if not isinstance(data__name, (str)):
                raise Unfit
        if "pack" in data_keys:
            data_keys.remove("pack")
            data__pack = data["pack"]
            if not isinstance(data__pack, (str)):
                raise Unfit
        if "description" in data_keys:
            data_keys.remove("description")
            data__description = data["description"]
            if not isinstance(data__description, (str)):
                raise Unfit
        if "enabled" in data_keys:
            data_keys.remove("enabled")
            data__enabled = data["enabled"]
            if not isinstance(data__enabled, (bool)):
                raise Unfit
        if "action_ref" in data_keys:
            data_keys.remove("action_ref")
            data__actionref = data["action_ref"]
            if not isinstance(data__actionref, (str)):
                raise Unfit
        if "formats" in data_keys:
            data_keys.remove("formats")
            data__formats = data["formats"]
            if not isinstance(data__formats, (list)):
                raise Unfit
            data__formats_is_list = isinstance(data__formats, (list))
            if data__formats_is_list:
                data__formats_len = len(data__formats)
                if data__formats_len < 1:
                    raise Unfit
                for data__formats_x, data__formats_item in enumerate(data__formats):
                    if not isinstance(data__formats_item, (dict)):
                        raise Unfit
                    data__formats_item_is_dict = isinstance(data__formats_item, dict)
                    if data__formats_item_is_dict:
                        data__formats_item__missing_keys = set(['display', 'representation']) - data__formats_item.keys()
                        if data__formats_item__missing_keys:
                            raise Unfit
                        data__formats_item_keys = set(data__formats_item.keys())
                        if "display" in data__formats_item_keys:
                            data__formats_item_keys.remove("display")
                            data__formats_item__display = data__formats_item["display"]
                            if not isinstance(data__formats_item__display, (str)):
                                raise Unfit
                        if "representation" in data__formats_item_keys:
                            data__formats_item_keys.remove("representation")
                            data__formats_item__representation = data__formats_item["representation"]
                            if not isinstance(data__formats_item__representation, (list)):
                                raise Unfit
                            data__formats_item__representation_is_list = isinstance(data__formats_item__representation, (list))
                            if data__formats_item__representation_is_list:
                                data__formats_item__representation_len = len(data__formats_item__representation)
                                if data__formats_item__representation_len < 1:
                                    raise Unfit
                                for data__formats_item__representation_x, data__formats_item__representation_item in enumerate(data__formats_item__representation):
                                    if not isinstance(data__formats_item__representation_item, (str)):
                                        raise Unfit
                        if data__formats_item_keys:
                            raise Unfit
        if "ack" in data_keys:
            data_keys.remove("ack")
            data__ack = data["ack"]
            if not isinstance(data__ack, (dict)):
                raise Unfit
            data__ack_is_dict = isinstance(data__ack, dict)
            if data__ack_is_dict:
                data__ack_keys = set(data__ack.keys())
                if "enabled" in data__ack_keys:
                    data__ack_keys.remove("enabled")
                    data__ack__enabled = data__ack["enabled"]
                    if not isinstance(data__ack__enabled, (bool)):
                        raise Unfit
                if "format" in data__ack_keys:
                    data__ack_keys.remove("format")
                    data__ack__format = data__ack["format"]
                    if not isinstance(data__ack__format, (str)):
                        raise Unfit
                if "append_url" in data__ack_keys:
                    data__ack_keys.remove("append_url")
                    data__ack__appendurl = data__ack["append_url"]
                    if not isinstance(data__ack__appendurl, (bool)):
                        raise Unfit
                if data__ack_keys:
                    raise Unfit
        if "result" in data_keys:
            data_keys.remove("result")
            data__result = data["result"]
            if not isinstance(data__result, (dict)):
                raise Unfit
            data__result_is_dict = isinstance(data__result, dict)
            if data__result_is_dict:
                data__result__missing_keys = set(['format']) - data__result.keys()
                if data__result__missing_keys:
                    raise Unfit
                data__result_keys = set(data__result.keys())
                if "enabled" in data__result_keys:
                    data__result_keys.remove("enabled")
                    data__result__enabled = data__result["enabled"]
                    if not isinstance(data__result__enabled, (bool)):
                        raise Unfit
                if "format" in data__result_keys:
                    data__result_keys.remove("format")
                    data__result__format = data__result["format"]
                    if not isinstance(data__result__format, (str)):
                        raise Unfit
                if data__result_keys:
                    raise Unfit
        if "immutable_parameters" in data_keys:
            data_keys.remove("immutable_parameters")
            data__immutableparameters = data["immutable_parameters"]
            if not isinstance(data__immutableparameters, (dict)):
                raise Unfit
        if data_keys:
            raise Unfit
    return data

def fits_config(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        for data_key, data_val in data.items():
            if REGEX_PATTERNS['^\\w+$'].search(data_key):
                if data_key in data_keys:
                    data_keys.remove(data_key)
                fits_parameter(data_val)
        if data_keys:
            raise Unfit
    return data

def fits_pack(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['ref', 'name', 'description', 'version', 'author']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "ref" in data_keys:
            data_keys.remove("ref")
            data__ref = data["ref"]
            if not isinstance(data__ref, (str)):
                raise Unfit
            if isinstance(data__ref, str):
                if not REGEX_PATTERNS['^[a-z0-9_]+$'].search(data__ref):
                    raise Unfit
        if "name" in data_keys:
            data_keys.remove("name")
            data__name = data["name"]
            if not isinstance(data__name, (str)):
                raise Unfit
        if "description" in data_keys:
            data_keys.remove("description")
            data__description = data["description"]
            if not isinstance(data__description, (str)):
                raise Unfit
        if "keywords" in data_keys:
            data_keys.remove("keywords")
            data__keywords = data["keywords"]
            if not isinstance(data__keywords, (list)):
                raise Unfit
            data__keywords_is_list = isinstance(data__keywords, (list))
            if data__keywords_is_list:
                data__keywords_len = len(data__keywords)
                for data__keywords_x, data__keywords_item in enumerate(data__keywords):
                    if not isinstance(data__keywords_item, (str)):
                        raise Unfit
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            if not isinstance(data__version, (str)):
                raise Unfit
            if isinstance(data__version, str):
                if not REGEX_PATTERNS['^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)$'].search(data__version):
                    raise Unfit
        if "stackstorm_version" in data_keys:
            data_keys.remove("stackstorm_version")
            data__stackstormversion = data["stackstorm_version"]
            if not isinstance(data__stackstormversion, (str)):
                raise Unfit
            if isinstance(data__stackstormversion, str):
                if not REGEX_PATTERNS['^((>|>=|=|<=|<)\\s*[0-9]+\\.[0-9]+\\.[0-9]+(\\s*,)?\\s*)+$'].search(data__stackstormversion):
                    raise Unfit
        if "python_versions" in data_keys:
            data_keys.remove("python_versions")
            data__pythonversions = data["python_versions"]
            if not isinstance(data__pythonversions, (list)):
                raise Unfit
            data__pythonversions_is_list = isinstance(data__pythonversions, (list))
            if data__pythonversions_is_list:
                data__pythonversions_len = len(data__pythonversions)
                if data__pythonversions_len < 1:
                    raise Unfit
                def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                if data__pythonversions_len > len(set(fn(data__pythonversions_x) for data__pythonversions_x in data__pythonversions)):
                    raise Unfit
                for data__pythonversions_x, data__pythonversions_item in enumerate(data__pythonversions):
                    if not (isinstance(data__pythonversions_item, str) and data__pythonversions_item == '2' or isinstance(data__pythonversions_item, str) and data__pythonversions_item == '3'):
                        raise Unfit
        if "author" in data_keys:
            data_keys.remove("author")
            data__author = data["author"]
            if not isinstance(data__author, (str)):
                raise Unfit
        if "email" in data_keys:
            data_keys.remove("email")
            data__email = data["email"]
            if not isinstance(data__email, (str)):
                raise Unfit
            if isinstance(data__email, str):
                if not REGEX_PATTERNS['^[^@ ]+@[^@ ]+$'].search(data__email):
                    raise Unfit
        if "contributors" in data_keys:
            data_keys.remove("contributors")
            data__contributors = data["contributors"]
            if not isinstance(data__contributors, (list)):
                raise Unfit
            data__contributors_is_list = isinstance(data__contributors, (list))
            if data__contributors_is_list:
                data__contributors_len = len(data__contributors)
                for data__contributors_x, data__contributors_item in enumerate(data__contributors):
                    if not isinstance(data__contributors_item, (str)):
                        raise Unfit
                    if isinstance(data__contributors_item, str):
                        data__contributors_item_len = len(data__contributors_item)
                        if data__contributors_item_len > 100:
                            raise Unfit
        if "dependencies" in data_keys:
            data_keys.remove("dependencies")
            data__dependencies = data["dependencies"]
            if not isinstance(data__dependencies, (list)):
                raise Unfit
            data__dependencies_is_list = isinstance(data__dependencies, (list))
            if data__dependencies_is_list:
                data__dependencies_len = len(data__dependencies)
                for data__dependencies_x, data__dependencies_item in enumerate(data__dependencies):
                    if not isinstance(data__dependencies_item, (str)):
                        raise Unfit
        if data_keys:
            raise Unfit
    return data

def fits_parameter(data):
    fits_property(data)
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            if not (isinstance(data__type, str) and data__type == 'array' or isinstance(data__type, str) and data__type == 'boolean' or isinstance(data__type, str) and data__type == 'integer' or isinstance(data__type, str) and data__type == 'null' or isinstance(data__type, str) and data__type == 'number' or isinstance(data__type, str) and data__type == 'object' or isinstance(data__type, str) and data__type == 'string'):
                raise Unfit
    return data

def fits_parameters(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        for data_key, data_val in data.items():
            if REGEX_PATTERNS['^\\w+$'].search(data_key):
                if data_key in data_keys:
                    data_keys.remove(data_key)
                fits_parameter(data_val)
        if data_keys:
            raise Unfit
    return data

def fits_property(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "id" in data_keys:
            data_keys.remove("id")
            data__id = data["id"]
            if not isinstance(data__id, (str)):
                raise Unfit
        if "$schema" in data_keys:
            data_keys.remove("$schema")
            data__schema = data["$schema"]
            if not isinstance(data__schema, (str)):
                raise Unfit
        if "title" in data_keys:
            data_keys.remove("title")
            data__title = data["title"]
            if not isinstance(data__title, (str)):
                raise Unfit
        if "description" in data_keys:
            data_keys.remove("description")
            data__description = data["description"]
            if not isinstance(data__description, (str)):
                raise Unfit
        if "default" in data_keys:
            data_keys.remove("default")
            data__default = data["default"]
        if "multipleOf" in data_keys:
            data_keys.remove("multipleOf")
            data__multipleOf = data["multipleOf"]
            if not isinstance(data__multipleOf, (int, float)) or isinstance(data__multipleOf, bool):
                raise Unfit
            if isinstance(data__multipleOf, (int, float)) and not isinstance(data__multipleOf, bool):
                if data__multipleOf <= 0:
                    raise Unfit
        if "maximum" in data_keys:
            data_keys.remove("maximum")
            data__maximum = data["maximum"]
            if not isinstance(data__maximum, (int, float)) or isinstance(data__maximum, bool):
                raise Unfit
        if "exclusiveMaximum" in data_keys:
            data_keys.remove("exclusiveMaximum")
            data__exclusiveMaximum = data["exclusiveMaximum"]
            if not isinstance(data__exclusiveMaximum, (bool)):
                raise Unfit
        if "minimum" in data_keys:
            data_keys.remove("minimum")
            data__minimum = data["minimum"]
            if not isinstance(data__minimum, (int, float)) or isinstance(data__minimum, bool):
                raise Unfit
        if "exclusiveMinimum" in data_keys:
            data_keys.remove("exclusiveMinimum")
            data__exclusiveMinimum = data["exclusiveMinimum"]
            if not isinstance(data__exclusiveMinimum, (bool)):
                raise Unfit
        if "maxLength" in data_keys:
            data_keys.remove("maxLength")
            data__maxLength = data["maxLength"]
            if not isinstance(data__maxLength, (int)) and not (isinstance(data__maxLength, float) and data__maxLength.is_integer()) or isinstance(data__maxLength, bool):
                raise Unfit
            if isinstance(data__maxLength, (int, float)) and not isinstance(data__maxLength, bool):
                if data__maxLength < 0:
                    raise Unfit
        if "minLength" in data_keys:
            data_keys.remove("minLength")
            data__minLength = data["minLength"]
            if not isinstance(data__minLength, (int)) and not (isinstance(data__minLength, float) and data__minLength.is_integer()) or isinstance(data__minLength, bool):
                raise Unfit
            if isinstance(data__minLength, (int, float)) and not isinstance(data__minLength, bool):
                if data__minLength < 0:
                    raise Unfit
        if "pattern" in data_keys:
            data_keys.remove("pattern")
            data__pattern = data["pattern"]
            if not isinstance(data__pattern, (str)):
                raise Unfit
            if isinstance(data__pattern, str):
                try:
                    re.compile(data__pattern)
                except Exception:
                    raise Unfit
        if "additionalItems" in data_keys:
            data_keys.remove("additionalItems")
            data__additionalItems = data["additionalItems"]
            data__additionalItems_any_of_count6 = 0
            if not data__additionalItems_any_of_count6:
                try:
                    if not isinstance(data__additionalItems, (bool)):
                        raise Unfit
                    data__additionalItems_any_of_count6 += 1
                except Unfit: pass
            if not data__additionalItems_any_of_count6:
                try:
                    fits_property(data__additionalItems)
                    data__additionalItems_any_of_count6 += 1
                except Unfit: pass
            if not data__additionalItems_any_of_count6:
                raise Unfit
        if "items" in data_keys:
            data_keys.remove("items")
            data__items = data["items"]
            data__items_any_of_count7 = 0
            if not data__items_any_of_count7:
                try:
                    fits_property(data__items)
                    data__items_any_of_count7 += 1
                except Unfit: pass
            if not data__items_any_of_count7:
                try:
                    if not isinstance(data__items, (list)):
                        raise Unfit
                    data__items_is_list = isinstance(data__items, (list))
                    if data__items_is_list:
                        data__items_len = len(data__items)
                        if data__items_len < 1:
                            raise Unfit
                        for data__items_x, data__items_item in enumerate(data__items):
                            fits_property(data__items_item)
                    data__items_any_of_count7 += 1
                except Unfit: pass
            if not data__items_any_of_count7:
                raise Unfit
        if "maxItems" in data_keys:
            data_keys.remove("maxItems")
            data__maxItems = data["maxItems"]
            if not isinstance(data__maxItems, (int)) and not (isinstance(data__maxItems, float) and data__maxItems.is_integer()) or isinstance(data__maxItems, bool):
                raise Unfit
            if isinstance(data__maxItems, (int, float)) and not isinstance(data__maxItems, bool):
                if data__maxItems < 0:
                    raise Unfit
        if "minItems" in data_keys:
            data_keys.remove("minItems")
            data__minItems = data["minItems"]
            if not isinstance(data__minItems, (int)) and not (isinstance(data__minItems, float) and data__minItems.is_integer()) or isinstance(data__minItems, bool):
                raise Unfit
            if isinstance(data__minItems, (int, float)) and not isinstance(data__minItems, bool):
                if data__minItems < 0:
                    raise Unfit
        if "uniqueItems" in data_keys:
            data_keys.remove("uniqueItems")
            data__uniqueItems = data["uniqueItems"]
            if not isinstance(data__uniqueItems, (bool)):
                raise Unfit
        if "maxProperties" in data_keys:
            data_keys.remove("maxProperties")
            data__maxProperties = data["maxProperties"]
            if not isinstance(data__maxProperties, (int)) and not (isinstance(data__maxProperties, float) and data__maxProperties.is_integer()) or isinstance(data__maxProperties, bool):
                raise Unfit
            if isinstance(data__maxProperties, (int, float)) and not isinstance(data__maxProperties, bool):
                if data__maxProperties < 0:
                    raise Unfit
        if "minProperties" in data_keys:
            data_keys.remove("minProperties")
            data__minProperties = data["minProperties"]
            if not isinstance(data__minProperties, (int)) and not (isinstance(data__minProperties, float) and data__minProperties.is_integer()) or isinstance(data__minProperties, bool):
                raise Unfit
            if isinstance(data__minProperties, (int, float)) and not isinstance(data__minProperties, bool):
                if data__minProperties < 0:
                    raise Unfit
        if "required" in data_keys:
            data_keys.remove("required")
            data__required = data["required"]
            if not isinstance(data__required, (bool)):
                raise Unfit
        if "secret" in data_keys:
            data_keys.remove("secret")
            data__secret = data["secret"]
            if not isinstance(data__secret, (bool)):
                raise Unfit
        if "additionalProperties" in data_keys:
            data_keys.remove("additionalProperties")
            data__additionalProperties = data["additionalProperties"]
            data__additionalProperties_any_of_count8 = 0
            if not data__additionalProperties_any_of_count8:
                try:
                    if not isinstance(data__additionalProperties, (bool)):
                        raise Unfit
                    data__additionalProperties_any_of_count8 += 1
                except Unfit: pass
            if not data__additionalProperties_any_of_count8:
                try:
                    fits_property(data__additionalProperties)
                    data__additionalProperties_any_of_count8 += 1
                except Unfit: pass
            if not data__additionalProperties_any_of_count8:
                raise Unfit
        if "definitions" in data_keys:
            data_keys.remove("definitions")
            data__definitions = data["definitions"]
            if not isinstance(data__definitions, (dict)):
                raise Unfit
            data__definitions_is_dict = isinstance(data__definitions, dict)
            if data__definitions_is_dict:
                data__definitions_keys = set(data__definitions.keys())
                for data__definitions_key in data__definitions_keys:
                    if data__definitions_key not in []:
                        data__definitions_value = data__definitions.get(data__definitions_key)
                        fits_property(data__definitions_value)
        if "properties" in data_keys:
            data_keys.remove("properties")
            data__properties = data["properties"]
            if not isinstance(data__properties, (dict)):
                raise Unfit
            data__properties_is_dict = isinstance(data__properties, dict)
            if data__properties_is_dict:
                data__properties_keys = set(data__properties.keys())
                for data__properties_key in data__properties_keys:
                    if data__properties_key not in []:
                        data__properties_value = data__properties.get(data__properties_key)
                        fits_property(data__properties_value)
        if "patternProperties" in data_keys:
            data_keys.remove("patternProperties")
            data__patternProperties = data["patternProperties"]
            if not isinstance(data__patternProperties, (dict)):
                raise Unfit
            data__patternProperties_is_dict = isinstance(data__patternProperties, dict)
            if data__patternProperties_is_dict:
                data__patternProperties_keys = set(data__patternProperties.keys())
                for data__patternProperties_key in data__patternProperties_keys:
                    if data__patternProperties_key not in []:
                        data__patternProperties_value = data__patternProperties.get(data__patternProperties_key)
                        fits_property(data__patternProperties_value)
        if "enum" in data_keys:
            data_keys.remove("enum")
            data__enum = data["enum"]
            if not isinstance(data__enum, (list)):
                raise Unfit
            data__enum_is_list = isinstance(data__enum, (list))
            if data__enum_is_list:
                data__enum_len = len(data__enum)
                if data__enum_len < 1:
                    raise Unfit
                def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                if data__enum_len > len(set(fn(data__enum_x) for data__enum_x in data__enum)):
                    raise Unfit
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            data__type_any_of_count9 = 0
            if not data__type_any_of_count9:
                try:
                    if not (isinstance(data__type, str) and data__type == 'array' or isinstance(data__type, str) and data__type == 'boolean' or isinstance(data__type, str) and data__type == 'integer' or isinstance(data__type, str) and data__type == 'null' or isinstance(data__type, str) and data__type == 'number' or isinstance(data__type, str) and data__type == 'object' or isinstance(data__type, str) and data__type == 'string'):
                        raise Unfit
                    data__type_any_of_count9 += 1
                except Unfit: pass
            if not data__type_any_of_count9:
                try:
                    if not isinstance(data__type, (list)):
                        raise Unfit
                    data__type_is_list = isinstance(data__type, (list))
                    if data__type_is_list:
                        data__type_len = len(data__type)
                        for data__type_x, data__type_item in enumerate(data__type):
                            if not (isinstance(data__type_item, str) and data__type_item == 'array' or isinstance(data__type_item, str) and data__type_item == 'boolean' or isinstance(data__type_item, str) and data__type_item == 'integer' or isinstance(data__type_item, str) and data__type_item == 'null' or isinstance(data__type_item, str) and data__type_item == 'number' or isinstance(data__type_item, str) and data__type_item == 'object' or isinstance(data__type_item, str) and data__type_item == 'string'):
                                raise Unfit
                    data__type_any_of_count9 += 1
                except Unfit: pass
            if not data__type_any_of_count9:
                raise Unfit
        if "position" in data_keys:
            data_keys.remove("position")
            data__position = data["position"]
            if not isinstance(data__position, (int, float)) or isinstance(data__position, bool):
                raise Unfit
            if isinstance(data__position, (int, float)) and not isinstance(data__position, bool):
                if data__position < 0:
                    raise Unfit
        if "immutable" in data_keys:
            data_keys.remove("immutable")
            data__immutable = data["immutable"]
            if not isinstance(data__immutable, (bool)):
                raise Unfit
        if "allOf" in data_keys:
            data_keys.remove("allOf")
            data__allOf = data["allOf"]
            if not isinstance(data__allOf, (list)):
                raise Unfit
            data__allOf_is_list = isinstance(data__allOf, (list))
            if data__allOf_is_list:
                data__allOf_len = len(data__allOf)
                if data__allOf_len < 1:
                    raise Unfit
                for data__allOf_x, data__allOf_item in enumerate(data__allOf):
                    fits_property(data__allOf_item)
        if "anyOf" in data_keys:
            data_keys.remove("anyOf")
            data__anyOf = data["anyOf"]
            if not isinstance(data__anyOf, (list)):
                raise Unfit
            data__anyOf_is_list = isinstance(data__anyOf, (list))
            if data__anyOf_is_list:
                data__anyOf_len = len(data__anyOf)
                if data__anyOf_len < 1:
                    raise Unfit
                for data__anyOf_x, data__anyOf_item in enumerate(data__anyOf):
                    fits_property(data__anyOf_item)
        if "oneOf" in data_keys:
            data_keys.remove("oneOf")
            data__oneOf = data["oneOf"]
            if not isinstance(data__oneOf, (list)):
                raise Unfit
            data__oneOf_is_list = isinstance(data__oneOf, (list))
            if data__oneOf_is_list:
                data__oneOf_len = len(data__oneOf)
                if data__oneOf_len < 1:
                    raise Unfit
                for data__oneOf_x, data__oneOf_item in enumerate(data__oneOf):
                    fits_property(data__oneOf_item)
        if "not" in data_keys:
            data_keys.remove("not")
            data__not = data["not"]
            fits_property(data__not)
        if data_keys:
            raise Unfit
    return data

def fits_route(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['name', 'trigger', 'action']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "name" in data_keys:
            data_keys.remove("name")
            data__name = data["name"]
            if not isinstance(data__name, (str)):
                raise Unfit
        if "pack" in data_keys:
            data_keys.remove("pack")
            data__pack = data["pack"]
            if not isinstance(data__pack, (str)):
                raise Unfit
        if "description" in data_keys:
            data_keys.remove("description")
            data__description = data["description"]
            if not isinstance(data__description, (str)):
                raise Unfit
        if "enabled" in data_keys:
            data_keys.remove("enabled")
            data__enabled = data["enabled"]
            if not isinstance(data__enabled, (bool)):
                raise Unfit
        if "trigger" in data_keys:
            data_keys.remove("trigger")
            data__trigger = data["trigger"]
            if not isinstance(data__trigger, (dict)):
                raise Unfit
            data__trigger_is_dict = isinstance(data__trigger, dict)
            if data__trigger_is_dict:
                data__trigger__missing_keys = set(['type']) - data__trigger.keys()
                if data__trigger__missing_keys:
                    raise Unfit
                data__trigger_keys = set(data__trigger.keys())
                if "type" in data__trigger_keys:
                    data__trigger_keys.remove("type")
                    data__trigger__type = data__trigger["type"]
                    if not isinstance(data__trigger__type, (str)):
                        raise Unfit
                if "parameters" in data__trigger_keys:
                    data__trigger_keys.remove("parameters")
                    data__trigger__parameters = data__trigger["parameters"]
                    if not isinstance(data__trigger__parameters, (dict)):
                        raise Unfit
                if data__trigger_keys:
                    raise Unfit
        if "criteria" in data_keys:
            data_keys.remove("criteria")
            data__criteria = data["criteria"]
            if not isinstance(data__criteria, (dict)):
                raise Unfit
            data__criteria_is_dict = isinstance(data__criteria, dict)
            if data__criteria_is_dict:
                data__criteria_keys = set(data__criteria.keys())
                for data__criteria_key in data__criteria_keys:
                    if data__criteria_key not in []:
                        data__criteria_value = data__criteria.get(data__criteria_key)
                        if not isinstance(data__criteria_value, (dict)):
                            raise Unfit
                        data__criteria_value_is_dict = isinstance(data__criteria_value, dict)
                        if data__criteria_value_is_dict:
                            data__criteria_value__missing_keys = set(['type', 'pattern']) - data__criteria_value.keys()
                            if data__criteria_value__missing_keys:
                                raise Unfit
                            data__criteria_value_keys = set(data__criteria_value.keys())
                            if "type" in data__criteria_value_keys:
                                data__criteria_value_keys.remove("type")
                                data__criteria_value__type = data__criteria_value["type"]
                                if not (isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'equals' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'eq' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'nequals' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'neq' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'iequals' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'ieq' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'contains' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'icontains' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'ncontains' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'incontains' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'startswith' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'istartswith' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'endswith' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'iendswith' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'matchwildcard' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'regex' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'iregex' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'greaterthan' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'gt' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'lessthan' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'lt' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'exists' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'nexists' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'inside' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'in' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'ninside' or isinstance(data__criteria_value__type, str) and data__criteria_value__type == 'nin'):
                                    raise Unfit
                            if "pattern" in data__criteria_value_keys:
                                data__criteria_value_keys.remove("pattern")
                                data__criteria_value__pattern = data__criteria_value["pattern"]
                            if data__criteria_value_keys:
                                raise Unfit
                data__criteria_len = len(data__criteria)
                if data__criteria_len != 0:
                    data__criteria_property_names = True
                    for data__criteria_key in data__criteria:
                        try:
                            if isinstance(data__criteria_key, str):
                                if not REGEX_PATTERNS['^trigger(\\.[A-Za-z_]\\w*)+$'].search(data__criteria_key):
                                    raise Unfit
                        except Unfit:
                            data__criteria_property_names = False
                    if not data__criteria_property_names:
                        raise Unfit
        if "action" in data_keys:
            data_keys.remove("action")
            data__action = data["action"]
            if not isinstance(data__action, (dict)):
                raise Unfit
            data__action_is_dict = isinstance(data__action, dict)
            if data__action_is_dict:
                data__action__missing_keys = set(['ref']) - data__action.keys()
                if data__action__missing_keys:
                    raise Unfit
                data__action_keys = set(data__action.keys())
                if "ref" in data__action_keys:
                    data__action_keys.remove("ref")
                    data__action__ref = data__action["ref"]
                    if not isinstance(data__action__ref, (str)):
                        raise Unfit
                if "parameters" in data__action_keys:
                    data__action_keys.remove("parameters")
                    data__action__parameters = data__action["parameters"]
                    if not isinstance(data__action__parameters, (dict)):
                        raise Unfit
                if data__action_keys:
                    raise Unfit
        if "tags" in data_keys:
            data_keys.remove("tags")
            data__tags = data["tags"]
            if not isinstance(data__tags, (list)):
                raise Unfit
            data__tags_is_list = isinstance(data__tags, (list))
            if data__tags_is_list:
                data__tags_len = len(data__tags)
                for data__tags_x, data__tags_item in enumerate(data__tags):
                    if not isinstance(data__tags_item, (dict)):
                        raise Unfit
        if data_keys:
            raise Unfit
    try:
        data_is_dict = isinstance(data, dict)
        if data_is_dict:
            data__missing_keys = set(['trigger']) - data.keys()
            if data__missing_keys:
                raise Unfit
            data_keys = set(data.keys())
            if "trigger" in data_keys:
                data_keys.remove("trigger")
                data__trigger = data["trigger"]
                data__trigger_is_dict = isinstance(data__trigger, dict)
                if data__trigger_is_dict:
                    data__trigger__missing_keys = set(['type']) - data__trigger.keys()
                    if data__trigger__missing_keys:
                        raise Unfit
                    data__trigger_keys = set(data__trigger.keys())
                    if "type" in data__trigger_keys:
                        data__trigger_keys.remove("type")
                        data__trigger__type = data__trigger["type"]
                        if not (isinstance(data__trigger__type, str) and data__trigger__type == 'core.st2.IntervalTimer'):
                            raise Unfit
    except Unfit:
        pass
    else:
        data_is_dict = isinstance(data, dict)
        if data_is_dict:
            data_keys = set(data.keys())
            if "trigger" in data_keys:
                data_keys.remove("trigger")
                data__trigger = data["trigger"]
                data__trigger_is_dict = isinstance(data__trigger, dict)
                if data__trigger_is_dict:
                    data__trigger__missing_keys = set(['type', 'parameters']) - data__trigger.keys()
                    if data__trigger__missing_keys:
                        raise Unfit
                    data__trigger_keys = set(data__trigger.keys())
                    if "parameters" in data__trigger_keys:
                        data__trigger_keys.remove("parameters")
                        data__trigger__parameters = data__trigger["parameters"]
                        if not isinstance(data__trigger__parameters, (dict)):
                            raise Unfit
                        data__trigger__parameters_is_dict = isinstance(data__trigger__parameters, dict)
                        if data__trigger__parameters_is_dict:
                            data__trigger__parameters__missing_keys = set(['unit', 'delta']) - data__trigger__parameters.keys()
                            if data__trigger__parameters__missing_keys:
                                raise Unfit
                            data__trigger__parameters_keys = set(data__trigger__parameters.keys())
                            if "unit" in data__trigger__parameters_keys:
                                data__trigger__parameters_keys.remove("unit")
                                data__trigger__parameters__unit = data__trigger__parameters["unit"]
                                if not (isinstance(data__trigger__parameters__unit, str) and data__trigger__parameters__unit == 'seconds' or isinstance(data__trigger__parameters__unit, str) and data__trigger__parameters__unit == 'minutes' or isinstance(data__trigger__parameters__unit, str) and data__trigger__parameters__unit == 'hours' or isinstance(data__trigger__parameters__unit, str) and data__trigger__parameters__unit == 'days' or isinstance(data__trigger__parameters__unit, str) and data__trigger__parameters__unit == 'weeks'):
                                    raise Unfit
                            if "delta" in data__trigger__parameters_keys:
                                data__trigger__parameters_keys.remove("delta")
                                data__trigger__parameters__delta = data__trigger__parameters["delta"]
                                if not isinstance(data__trigger__parameters__delta, (int)) and not (isinstance(data__trigger__parameters__delta, float) and data__trigger__parameters__delta.is_integer()) or isinstance(data__trigger__parameters__delta, bool):
                                    raise Unfit
                                if isinstance(data__trigger__parameters__delta, (int, float)) and not isinstance(data__trigger__parameters__delta, bool):
                                    if data__trigger__parameters__delta < 1:
                                        raise Unfit
                            if data__trigger__parameters_keys:
                                raise Unfit
    return data

def fits_sensor(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['class_name', 'entry_point']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "class_name" in data_keys:
            data_keys.remove("class_name")
            data__classname = data["class_name"]
            if not isinstance(data__classname, (str)):
                raise Unfit
        if "entry_point" in data_keys:
            data_keys.remove("entry_point")
            data__entrypoint = data["entry_point"]
            if not isinstance(data__entrypoint, (str)):
                raise Unfit
        if "description" in data_keys:
            data_keys.remove("description")
            data__description = data["description"]
            if not isinstance(data__description, (str)):
                raise Unfit
        if "enabled" in data_keys:
            data_keys.remove("enabled")
            data__enabled = data["enabled"]
            if not isinstance(data__enabled, (bool)):
                raise Unfit
        if "poll_interval" in data_keys:
            data_keys.remove("poll_interval")
            data__pollinterval = data["poll_interval"]
            if not isinstance(data__pollinterval, (int, float)) or isinstance(data__pollinterval, bool):
                raise Unfit
            if isinstance(data__pollinterval, (int, float)) and not isinstance(data__pollinterval, bool):
                if data__pollinterval < 4:
                    raise Unfit
        if "trigger_types" in data_keys:
            data_keys.remove("trigger_types")
            data__triggertypes = data["trigger_types"]
            if not isinstance(data__triggertypes, (list)):
                raise Unfit
            data__triggertypes_is_list = isinstance(data__triggertypes, (list))
            if data__triggertypes_is_list:
                data__triggertypes_len = len(data__triggertypes)
                for data__triggertypes_x, data__triggertypes_item in enumerate(data__triggertypes):
                    if not isinstance(data__triggertypes_item, (dict)):
                        raise Unfit
                    data__triggertypes_item_is_dict = isinstance(data__triggertypes_item, dict)
                    if data__triggertypes_item_is_dict:
                        data__triggertypes_item__missing_keys = set(['name']) - data__triggertypes_item.keys()
                        if data__triggertypes_item__missing_keys:
                            raise Unfit
                        data__triggertypes_item_keys = set(data__triggertypes_item.keys())
                        if "name" in data__triggertypes_item_keys:
                            data__triggertypes_item_keys.remove("name")
                            data__triggertypes_item__name = data__triggertypes_item["name"]
                            if not isinstance(data__triggertypes_item__name, (str)):
                                raise Unfit
                        if "pack" in data__triggertypes_item_keys:
                            data__triggertypes_item_keys.remove("pack")
                            data__triggertypes_item__pack = data__triggertypes_item["pack"]
                            if not isinstance(data__triggertypes_item__pack, (str)):
                                raise Unfit
                        if "description" in data__triggertypes_item_keys:
                            data__triggertypes_item_keys.remove("description")
                            data__triggertypes_item__description = data__triggertypes_item["description"]
                            if not isinstance(data__triggertypes_item__description, (str)):
                                raise Unfit
                        if "payload_schema" in data__triggertypes_item_keys:
                            data__triggertypes_item_keys.remove("payload_schema")
                            data__triggertypes_item__payloadschema = data__triggertypes_item["payload_schema"]
                            fits_property(data__triggertypes_item__payloadschema)
                        if "parameters_schema" in data__triggertypes_item_keys:
                            data__triggertypes_item_keys.remove("parameters_schema")
                            data__triggertypes_item__parametersschema = data__triggertypes_item["parameters_schema"]
                            fits_property(data__triggertypes_item__parametersschema)
                        if "tags" in data__triggertypes_item_keys:
                            data__triggertypes_item_keys.remove("tags")
                            data__triggertypes_item__tags = data__triggertypes_item["tags"]
                            if not isinstance(data__triggertypes_item__tags, (list)):
                                raise Unfit
                            data__triggertypes_item__tags_is_list = isinstance(data__triggertypes_item__tags, (list))
                            if data__triggertypes_item__tags_is_list:
                                data__triggertypes_item__tags_len = len(data__triggertypes_item__tags)
                                for data__triggertypes_item__tags_x, data__triggertypes_item__tags_item in enumerate(data__triggertypes_item__tags):
                                    if not isinstance(data__triggertypes_item__tags_item, (dict)):
                                        raise Unfit
                        if data__triggertypes_item_keys:
                            raise Unfit
        if data_keys:
            raise Unfit
    return data

def fits_whole(data):
    return data

def fits_workflow(data):
    if not isinstance(data, (dict)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['version', 'tasks']) - data.keys()
        if data__missing_keys:
            raise Unfit
        data_keys = set(data.keys())
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            if not (isinstance(data__version, (int, float)) and not isinstance(data__version, bool) and data__version == 1.0):
                raise Unfit
        if "description" in data_keys:
            data_keys.remove("description")
            data__description = data["description"]
            if not isinstance(data__description, (str)):
                raise Unfit
        if "input" in data_keys:
            data_keys.remove("input")
            data__input = data["input"]
            if not isinstance(data__input, (list)):
                raise Unfit
            data__input_is_list = isinstance(data__input, (list))
            if data__input_is_list:
                data__input_len = len(data__input)
                if data__input_len < 1:
                    raise Unfit
                for data__input_x, data__input_item in enumerate(data__input):
                    data__input_item_any_of_count1 = 0
                    if not data__input_item_any_of_count1:
                        try:
                            if not isinstance(data__input_item, (str)):
                                raise Unfit
                            if isinstance(data__input_item, str):
                                data__input_item_len = len(data__input_item)
                                if data__input_item_len < 1:
                                    raise Unfit
                            data__input_item_any_of_count1 += 1
                        except Unfit: pass
                    if not data__input_item_any_of_count1:
                        try:
                            if not isinstance(data__input_item, (dict)):
                                raise Unfit
                            data__input_item_is_dict = isinstance(data__input_item, dict)
                            if data__input_item_is_dict:
                                data__input_item_len = len(data__input_item)
                                if data__input_item_len < 1:
                                    raise Unfit
                                if data__input_item_len > 1:
                                    raise Unfit
                            data__input_item_any_of_count1 += 1
                        except Unfit: pass
                    if not data__input_item_any_of_count1:
                        raise Unfit
        if "vars" in data_keys:
            data_keys.remove("vars")
            data__vars = data["vars"]
            if not isinstance(data__vars, (list)):
                raise Unfit
            data__vars_is_list = isinstance(data__vars, (list))
            if data__vars_is_list:
                data__vars_len = len(data__vars)
                if data__vars_len < 1:
                    raise Unfit
                def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                if data__vars_len > len(set(fn(data__vars_x) for data__vars_x in data__vars)):
                    raise Unfit
                for data__vars_x, data__vars_item in enumerate(data__vars):
                    if not isinstance(data__vars_item, (dict)):
                        raise Unfit
                    data__vars_item_is_dict = isinstance(data__vars_item, dict)
                    if data__vars_item_is_dict:
                        data__vars_item_len = len(data__vars_item)
                        if data__vars_item_len < 1:
                            raise Unfit
                        if data__vars_item_len > 1:
                            raise Unfit
        if "output" in data_keys:
            data_keys.remove("output")
            data__output = data["output"]
            if not isinstance(data__output, (list)):
                raise Unfit
            data__output_is_list = isinstance(data__output, (list))
            if data__output_is_list:
                data__output_len = len(data__output)
                if data__output_len < 1:
                    raise Unfit
                def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                if data__output_len > len(set(fn(data__output_x) for data__output_x in data__output)):
                    raise Unfit
                for data__output_x, data__output_item in enumerate(data__output):
                    if not isinstance(data__output_item, (dict)):
                        raise Unfit
                    data__output_item_is_dict = isinstance(data__output_item, dict)
                    if data__output_item_is_dict:
                        data__output_item_len = len(data__output_item)
                        if data__output_item_len < 1:
                            raise Unfit
                        if data__output_item_len > 1:
                            raise Unfit
        if "tags" in data_keys:
            data_keys.remove("tags")
            data__tags = data["tags"]
            if not isinstance(data__tags, (list)):
                raise Unfit
            data__tags_is_list = isinstance(data__tags, (list))
            if data__tags_is_list:
                data__tags_len = len(data__tags)
                for data__tags_x, data__tags_item in enumerate(data__tags):
                    if not isinstance(data__tags_item, (dict)):
                        raise Unfit
        if "tasks" in data_keys:
            data_keys.remove("tasks")
            data__tasks = data["tasks"]
            if not isinstance(data__tasks, (dict)):
                raise Unfit
            data__tasks_is_dict = isinstance(data__tasks, dict)
            if data__tasks_is_dict:
                data__tasks_len = len(data__tasks)
                if data__tasks_len < 1:
                    raise Unfit
                data__tasks_keys = set(data__tasks.keys())
                for data__tasks_key, data__tasks_val in data__tasks.items():
                    if REGEX_PATTERNS['^\\w+$'].search(data__tasks_key):
                        if data__tasks_key in data__tasks_keys:
                            data__tasks_keys.remove(data__tasks_key)
                        if not isinstance(data__tasks_val, (dict)):
                            raise Unfit
                        data__tasks_val_is_dict = isinstance(data__tasks_val, dict)
                        if data__tasks_val_is_dict:
                            data__tasks_val_keys = set(data__tasks_val.keys())
                            if "delay" in data__tasks_val_keys:
                                data__tasks_val_keys.remove("delay")
                                data__tasks_val__delay = data__tasks_val["delay"]
                                data__tasks_val__delay_any_of_count2 = 0
                                if not data__tasks_val__delay_any_of_count2:
                                    try:
                                        if not isinstance(data__tasks_val__delay, (int)) and not (isinstance(data__tasks_val__delay, float) and data__tasks_val__delay.is_integer()) or isinstance(data__tasks_val__delay, bool):
                                            raise Unfit
                                        if isinstance(data__tasks_val__delay, (int, float)) and not isinstance(data__tasks_val__delay, bool):
                                            if data__tasks_val__delay < 0:
                                                raise Unfit
                                        data__tasks_val__delay_any_of_count2 += 1
                                    except Unfit: pass
                                if not data__tasks_val__delay_any_of_count2:
                                    try:
                                        if not isinstance(data__tasks_val__delay, (str)):
                                            raise Unfit
                                        if isinstance(data__tasks_val__delay, str):
                                            if not REGEX_PATTERNS['\\{\\{'].search(data__tasks_val__delay):
                                                raise Unfit
                                        data__tasks_val__delay_any_of_count2 += 1
                                    except Unfit: pass
                                if not data__tasks_val__delay_any_of_count2:
                                    raise Unfit
                            if "action" in data__tasks_val_keys:
                                data__tasks_val_keys.remove("action")
                                data__tasks_val__action = data__tasks_val["action"]
                                if not isinstance(data__tasks_val__action, (str)):
                                    raise Unfit
                                if isinstance(data__tasks_val__action, str):
                                    data__tasks_val__action_len = len(data__tasks_val__action)
                                    if data__tasks_val__action_len < 1:
                                        raise Unfit
                            if "input" in data__tasks_val_keys:
                                data__tasks_val_keys.remove("input")
                                data__tasks_val__input = data__tasks_val["input"]
                                if not isinstance(data__tasks_val__input, (dict)):
                                    raise Unfit
                                data__tasks_val__input_is_dict = isinstance(data__tasks_val__input, dict)
                                if data__tasks_val__input_is_dict:
                                    data__tasks_val__input_len = len(data__tasks_val__input)
                                    if data__tasks_val__input_len < 1:
                                        raise Unfit
                                    if data__tasks_val__input_len != 0:
                                        data__tasks_val__input_property_names = True
                                        for data__tasks_val__input_key in data__tasks_val__input:
                                            try:
                                                if isinstance(data__tasks_val__input_key, str):
                                                    if not REGEX_PATTERNS['^\\w+$'].search(data__tasks_val__input_key):
                                                        raise Unfit
                                            except Unfit:
                                                data__tasks_val__input_property_names = False
                                        if not data__tasks_val__input_property_names:
                                            raise Unfit
                            if "retry" in data__tasks_val_keys:
                                data__tasks_val_keys.remove("retry")
                                data__tasks_val__retry = data__tasks_val["retry"]
                                if not isinstance(data__tasks_val__retry, (dict)):
                                    raise Unfit
                                data__tasks_val__retry_is_dict = isinstance(data__tasks_val__retry, dict)
                                if data__tasks_val__retry_is_dict:
                                    data__tasks_val__retry__missing_keys = set(['count']) - data__tasks_val__retry.keys()
                                    if data__tasks_val__retry__missing_keys:
                                        raise Unfit
                                    data__tasks_val__retry_keys = set(data__tasks_val__retry.keys())
                                    if "when" in data__tasks_val__retry_keys:
                                        data__tasks_val__retry_keys.remove("when")
                                        data__tasks_val__retry__when = data__tasks_val__retry["when"]
                                        if not isinstance(data__tasks_val__retry__when, (str)):
                                            raise Unfit
                                        if isinstance(data__tasks_val__retry__when, str):
                                            data__tasks_val__retry__when_len = len(data__tasks_val__retry__when)
                                            if data__tasks_val__retry__when_len < 1:
                                                raise Unfit
                                    if "count" in data__tasks_val__retry_keys:
                                        data__tasks_val__retry_keys.remove("count")
                                        data__tasks_val__retry__count = data__tasks_val__retry["count"]
                                        data__tasks_val__retry__count_any_of_count3 = 0
                                        if not data__tasks_val__retry__count_any_of_count3:
                                            try:
                                                if not isinstance(data__tasks_val__retry__count, (int)) and not (isinstance(data__tasks_val__retry__count, float) and data__tasks_val__retry__count.is_integer()) or isinstance(data__tasks_val__retry__count, bool):
                                                    raise Unfit
                                                if isinstance(data__tasks_val__retry__count, (int, float)) and not isinstance(data__tasks_val__retry__count, bool):
                                                    if data__tasks_val__retry__count < 0:
                                                        raise Unfit
                                                data__tasks_val__retry__count_any_of_count3 += 1
                                            except Unfit: pass
                                        if not data__tasks_val__retry__count_any_of_count3:
                                            try:
                                                if not isinstance(data__tasks_val__retry__count, (str)):
                                                    raise Unfit
                                                if isinstance(data__tasks_val__retry__count, str):
                                                    if not REGEX_PATTERNS['\\{\\{'].search(data__tasks_val__retry__count):
                                                        raise Unfit
                                                data__tasks_val__retry__count_any_of_count3 += 1
                                            except Unfit: pass
                                        if not data__tasks_val__retry__count_any_of_count3:
                                            raise Unfit
                                    if "delay" in data__tasks_val__retry_keys:
                                        data__tasks_val__retry_keys.remove("delay")
                                        data__tasks_val__retry__delay = data__tasks_val__retry["delay"]
                                        data__tasks_val__retry__delay_any_of_count4 = 0
                                        if not data__tasks_val__retry__delay_any_of_count4:
                                            try:
                                                if not isinstance(data__tasks_val__retry__delay, (int)) and not (isinstance(data__tasks_val__retry__delay, float) and data__tasks_val__retry__delay.is_integer()) or isinstance(data__tasks_val__retry__delay, bool):
                                                    raise Unfit
                                                if isinstance(data__tasks_val__retry__delay, (int, float)) and not isinstance(data__tasks_val__retry__delay, bool):
                                                    if data__tasks_val__retry__delay < 0:
                                                        raise Unfit
                                                data__tasks_val__retry__delay_any_of_count4 += 1
                                            except Unfit: pass
                                        if not data__tasks_val__retry__delay_any_of_count4:
                                            try:
                                                if not isinstance(data__tasks_val__retry__delay, (str)):
                                                    raise Unfit
                                                if isinstance(data__tasks_val__retry__delay, str):
                                                    if not REGEX_PATTERNS['\\{\\{'].search(data__tasks_val__retry__delay):
                                                        raise Unfit
                                                data__tasks_val__retry__delay_any_of_count4 += 1
                                            except Unfit: pass
                                        if not data__tasks_val__retry__delay_any_of_count4:
                                            raise Unfit
                                    if data__tasks_val__retry_keys:
                                        raise Unfit
                            if "next" in data__tasks_val_keys:
                                data__tasks_val_keys.remove("next")
                                data__tasks_val__next = data__tasks_val["next"]
                                if not isinstance(data__tasks_val__next, (list)):
                                    raise Unfit
                                data__tasks_val__next_is_list = isinstance(data__tasks_val__next, (list))
                                if data__tasks_val__next_is_list:
                                    data__tasks_val__next_len = len(data__tasks_val__next)
                                    for data__tasks_val__next_x, data__tasks_val__next_item in enumerate(data__tasks_val__next):
                                        if not isinstance(data__tasks_val__next_item, (dict)):
                                            raise Unfit
                                        data__tasks_val__next_item_is_dict = isinstance(data__tasks_val__next_item, dict)
                                        if data__tasks_val__next_item_is_dict:
                                            data__tasks_val__next_item_keys = set(data__tasks_val__next_item.keys())
                                            if "when" in data__tasks_val__next_item_keys:
                                                data__tasks_val__next_item_keys.remove("when")
                                                data__tasks_val__next_item__when = data__tasks_val__next_item["when"]
                                                if not isinstance(data__tasks_val__next_item__when, (str)):
                                                    raise Unfit
                                                if isinstance(data__tasks_val__next_item__when, str):
                                                    data__tasks_val__next_item__when_len = len(data__tasks_val__next_item__when)
                                                    if data__tasks_val__next_item__when_len < 1:
                                                        raise Unfit
                                            if "publish" in data__tasks_val__next_item_keys:
                                                data__tasks_val__next_item_keys.remove("publish")
                                                data__tasks_val__next_item__publish = data__tasks_val__next_item["publish"]
                                                if not isinstance(data__tasks_val__next_item__publish, (list)):
                                                    raise Unfit
                                                data__tasks_val__next_item__publish_is_list = isinstance(data__tasks_val__next_item__publish, (list))
                                                if data__tasks_val__next_item__publish_is_list:
                                                    data__tasks_val__next_item__publish_len = len(data__tasks_val__next_item__publish)
                                                    if data__tasks_val__next_item__publish_len < 1:
                                                        raise Unfit
                                                    def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                                                    if data__tasks_val__next_item__publish_len > len(set(fn(data__tasks_val__next_item__publish_x) for data__tasks_val__next_item__publish_x in data__tasks_val__next_item__publish)):
                                                        raise Unfit
                                                    for data__tasks_val__next_item__publish_x, data__tasks_val__next_item__publish_item in enumerate(data__tasks_val__next_item__publish):
                                                        if not isinstance(data__tasks_val__next_item__publish_item, (dict)):
                                                            raise Unfit
                                                        data__tasks_val__next_item__publish_item_is_dict = isinstance(data__tasks_val__next_item__publish_item, dict)
                                                        if data__tasks_val__next_item__publish_item_is_dict:
                                                            data__tasks_val__next_item__publish_item_len = len(data__tasks_val__next_item__publish_item)
                                                            if data__tasks_val__next_item__publish_item_len < 1:
                                                                raise Unfit
                                                            if data__tasks_val__next_item__publish_item_len > 1:
                                                                raise Unfit
                                            if "do" in data__tasks_val__next_item_keys:
                                                data__tasks_val__next_item_keys.remove("do")
                                                data__tasks_val__next_item__do = data__tasks_val__next_item["do"]
                                                data__tasks_val__next_item__do_any_of_count5 = 0
                                                if not data__tasks_val__next_item__do_any_of_count5:
                                                    try:
                                                        if not isinstance(data__tasks_val__next_item__do, (str)):
                                                            raise Unfit
                                                        if isinstance(data__tasks_val__next_item__do, str):
                                                            data__tasks_val__next_item__do_len = len(data__tasks_val__next_item__do)
                                                            if data__tasks_val__next_item__do_len < 1:
                                                                raise Unfit
                                                        data__tasks_val__next_item__do_any_of_count5 += 1
                                                    except Unfit: pass
                                                if not data__tasks_val__next_item__do_any_of_count5:
                                                    try:
                                                        if not isinstance(data__tasks_val__next_item__do, (list)):
                                                            raise Unfit
                                                        data__tasks_val__next_item__do_is_list = isinstance(data__tasks_val__next_item__do, (list))
                                                        if data__tasks_val__next_item__do_is_list:
                                                            data__tasks_val__next_item__do_len = len(data__tasks_val__next_item__do)
                                                            if data__tasks_val__next_item__do_len < 1:
                                                                raise Unfit
                                                            for data__tasks_val__next_item__do_x, data__tasks_val__next_item__do_item in enumerate(data__tasks_val__next_item__do):
                                                                if not isinstance(data__tasks_val__next_item__do_item, (str)):
                                                                    raise Unfit
                                                                if isinstance(data__tasks_val__next_item__do_item, str):
                                                                    data__tasks_val__next_item__do_item_len = len(data__tasks_val__next_item__do_item)
                                                                    if data__tasks_val__next_item__do_item_len < 1:
                                                                        raise Unfit
                                                        data__tasks_val__next_item__do_any_of_count5 += 1
                                                    except Unfit: pass
                                                if not data__tasks_val__next_item__do_any_of_count5:
                                                    raise Unfit
                                            if data__tasks_val__next_item_keys:
                                                raise Unfit
                            if data__tasks_val_keys:
                                raise Unfit
                if data__tasks_keys:
                    raise Unfit
                if data__tasks_len != 0:
                    data__tasks_property_names = True
                    for data__tasks_key in data__tasks:
                        try:
                            try:
                                if not (isinstance(data__tasks_key, str) and data__tasks_key == 'continue' or isinstance(data__tasks_key, str) and data__tasks_key == 'noop' or isinstance(data__tasks_key, str) and data__tasks_key == 'fail' or isinstance(data__tasks_key, str) and data__tasks_key == 'retry'):
                                    raise Unfit
                            except Unfit: pass
                            else:
                                raise Unfit
                        except Unfit:
                            data__tasks_property_names = False
                    if not data__tasks_property_names:
                        raise Unfit
        if data_keys:
            raise Unfit
    return data

CHECKS = {
    None: fits_whole,
    'property': fits_property,
    'parameter': fits_parameter,
    'parameters': fits_parameters,
    'action': fits_action,
    'alias': fits_alias,
    'config': fits_config,
    'pack': fits_pack,
    'route': fits_route,
    'sensor': fits_sensor,
    'workflow': fits_workflow,
}
