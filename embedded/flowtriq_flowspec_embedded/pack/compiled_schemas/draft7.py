"""Generated from JSON Schema's own schema, Draft-07 by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from flowtriq_flowspec.compiled_schemas import Unfit

REGEX_PATTERNS = {
    'uri-reference_re_pattern': re.compile('^(\\w+:(\\/?\\/?))?[^#\\\\\\s]*(#[^\\\\\\s]*)?\\Z'),
    'uri_re_pattern': re.compile('^\\w+:(\\/?\\/?)[^\\s]+\\Z')
}

def fits_nonnegativeinteger(data):
    if not isinstance(data, (int)) and not (isinstance(data, float) and data.is_integer()) or isinstance(data, bool):
        raise Unfit
    if isinstance(data, (int, float)) and not isinstance(data, bool):
        if data < 0:
            raise Unfit
    return data

def fits_nonnegativeintegerdefault0(data):
    fits_nonnegativeinteger(data)
    return data

def fits_schemaarray(data):
    if not isinstance(data, (list)):
        raise Unfit
    data_is_list = isinstance(data, (list))
    if data_is_list:
        data_len = len(data)
        if data_len < 1:
            raise Unfit
        for data_x, data_item in enumerate(data):
            fits_whole(data_item)
    return data

def fits_simpletypes(data):
    if not (isinstance(data, str) and data == 'array' or isinstance(data, str) and data == 'boolean' or isinstance(data, str) and data == 'integer' or isinstance(data, str) and data == 'null' or isinstance(data, str) and data == 'number' or isinstance(data, str) and data == 'object' or isinstance(data, str) and data == 'string'):
        raise Unfit
    return data

def fits_stringarray(data):
    if not isinstance(data, (list)):
        raise Unfit
    data_is_list = isinstance(data, (list))
    if data_is_list:
        def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
        data_len = len(data)
        if data_len > len(set(fn(data_x) for data_x in data)):
            raise Unfit
        for data_x, data_item in enumerate(data):
            if not isinstance(data_item, (str)):
                raise Unfit
    return data

def fits_whole(data):
    if not isinstance(data, (dict, bool)):
        raise Unfit
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "$id" in data_keys:
            data_keys.remove("$id")
            data__id = data["$id"]
            if not isinstance(data__id, (str)):
                raise Unfit
            if isinstance(data__id, str):
                if not REGEX_PATTERNS["uri-reference_re_pattern"].match(data__id):
                    raise Unfit
        if "$schema" in data_keys:
            data_keys.remove("$schema")
            data__schema = data["$schema"]
            if not isinstance(data__schema, (str)):
                raise Unfit
            if isinstance(data__schema, str):
                if not REGEX_PATTERNS["uri_re_pattern"].match(data__schema):
                    raise Unfit
        if "$ref" in data_keys:
            data_keys.remove("$ref")
            data__ref = data["$ref"]
            if not isinstance(data__ref, (str)):
                raise Unfit
            if isinstance(data__ref, str):
                if not REGEX_PATTERNS["uri-reference_re_pattern"].match(data__ref):
                    raise Unfit
        if "$comment" in data_keys:
            data_keys.remove("$comment")
            data__comment = data["$comment"]
            if not isinstance(data__comment, (str)):
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
            pass
        if "readOnly" in data_keys:
            data_keys.remove("readOnly")
            data__readOnly = data["readOnly"]
            if not isinstance(data__readOnly, (bool)):
                raise Unfit
        if "examples" in data_keys:
            data_keys.remove("examples")
            data__examples = data["examples"]
            if not isinstance(data__examples, (list)):
                raise Unfit
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
            if not isinstance(data__exclusiveMaximum, (int, float)) or isinstance(data__exclusiveMaximum, bool):
                raise Unfit
        if "minimum" in data_keys:
            data_keys.remove("minimum")
            data__minimum = data["minimum"]
            if not isinstance(data__minimum, (int, float)) or isinstance(data__minimum, bool):
                raise Unfit
        if "exclusiveMinimum" in data_keys:
            data_keys.remove("exclusiveMinimum")
            data__exclusiveMinimum = data["exclusiveMinimum"]
            if not isinstance(data__exclusiveMinimum, (int, float)) or isinstance(data__exclusiveMinimum, bool):
                raise Unfit
        if "maxLength" in data_keys:
            data_keys.remove("maxLength")
            data__maxLength = data["maxLength"]
            fits_nonnegativeinteger(data__maxLength)
        if "minLength" in data_keys:
            data_keys.remove("minLength")
            data__minLength = data["minLength"]
            fits_nonnegativeintegerdefault0(data__minLength)
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
            fits_whole(data__additionalItems)
        if "items" in data_keys:
            data_keys.remove("items")
            data__items = data["items"]
            data__items_any_of_count1 = 0
            if not data__items_any_of_count1:
                try:
                    fits_whole(data__items)
                    data__items_any_of_count1 += 1
                except Unfit: pass
            if not data__items_any_of_count1:
                try:
                    fits_schemaarray(data__items)
                    data__items_any_of_count1 += 1
                except Unfit: pass
            if not data__items_any_of_count1:
                raise Unfit
        if "maxItems" in data_keys:
            data_keys.remove("maxItems")
            data__maxItems = data["maxItems"]
            fits_nonnegativeinteger(data__maxItems)
        if "minItems" in data_keys:
            data_keys.remove("minItems")
            data__minItems = data["minItems"]
            fits_nonnegativeintegerdefault0(data__minItems)
        if "uniqueItems" in data_keys:
            data_keys.remove("uniqueItems")
            data__uniqueItems = data["uniqueItems"]
            if not isinstance(data__uniqueItems, (bool)):
                raise Unfit
        if "contains" in data_keys:
            data_keys.remove("contains")
            data__contains = data["contains"]
            fits_whole(data__contains)
        if "maxProperties" in data_keys:
            data_keys.remove("maxProperties")
            data__maxProperties = data["maxProperties"]
            fits_nonnegativeinteger(data__maxProperties)
        if "minProperties" in data_keys:
            data_keys.remove("minProperties")
            data__minProperties = data["minProperties"]
            fits_nonnegativeintegerdefault0(data__minProperties)
        if "required" in data_keys:
            data_keys.remove("required")
            data__required = data["required"]
            fits_stringarray(data__required)
        if "additionalProperties" in data_keys:
            data_keys.remove("additionalProperties")
            data__additionalProperties = data["additionalProperties"]
            fits_whole(data__additionalProperties)
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
                        fits_whole(data__definitions_value)
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
                        fits_whole(data__properties_value)
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
                        fits_whole(data__patternProperties_value)
                data__patternProperties_len = len(data__patternProperties)
                if data__patternProperties_len != 0:
                    data__patternProperties_property_names = True
                    for data__patternProperties_key in data__patternProperties:
                        try:
                            if isinstance(data__patternProperties_key, str):
                                try:
                                    re.compile(data__patternProperties_key)
                                except Exception:
                                    raise Unfit
                        except Unfit:
                            data__patternProperties_property_names = False
                    if not data__patternProperties_property_names:
                        raise Unfit
        if "dependencies" in data_keys:
            data_keys.remove("dependencies")
            data__dependencies = data["dependencies"]
            if not isinstance(data__dependencies, (dict)):
                raise Unfit
            data__dependencies_is_dict = isinstance(data__dependencies, dict)
            if data__dependencies_is_dict:
                data__dependencies_keys = set(data__dependencies.keys())
                for data__dependencies_key in data__dependencies_keys:
                    if data__dependencies_key not in []:
                        data__dependencies_value = data__dependencies.get(data__dependencies_key)
                        data__dependencies_value_any_of_count2 = 0
                        if not data__dependencies_value_any_of_count2:
                            try:
                                fits_whole(data__dependencies_value)
                                data__dependencies_value_any_of_count2 += 1
                            except Unfit: pass
                        if not data__dependencies_value_any_of_count2:
                            try:
                                fits_stringarray(data__dependencies_value)
                                data__dependencies_value_any_of_count2 += 1
                            except Unfit: pass
                        if not data__dependencies_value_any_of_count2:
                            raise Unfit
        if "propertyNames" in data_keys:
            data_keys.remove("propertyNames")
            data__propertyNames = data["propertyNames"]
            fits_whole(data__propertyNames)
        if "const" in data_keys:
            data_keys.remove("const")
            data__const = data["const"]
            pass
        if "enum" in data_keys:
            data_keys.remove("enum")
            data__enum = data["enum"]
            if not isinstance(data__enum, (list)):
                raise Unfit
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            data__type_any_of_count3 = 0
            if not data__type_any_of_count3:
                try:
                    fits_simpletypes(data__type)
                    data__type_any_of_count3 += 1
                except Unfit: pass
            if not data__type_any_of_count3:
                try:
                    if not isinstance(data__type, (list)):
                        raise Unfit
                    data__type_is_list = isinstance(data__type, (list))
                    if data__type_is_list:
                        data__type_len = len(data__type)
                        if data__type_len < 1:
                            raise Unfit
                        def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else (bool, var) if isinstance(var, bool) else var
                        if data__type_len > len(set(fn(data__type_x) for data__type_x in data__type)):
                            raise Unfit
                        for data__type_x, data__type_item in enumerate(data__type):
                            fits_simpletypes(data__type_item)
                    data__type_any_of_count3 += 1
                except Unfit: pass
            if not data__type_any_of_count3:
                raise Unfit
        if "format" in data_keys:
            data_keys.remove("format")
            data__format = data["format"]
            if not isinstance(data__format, (str)):
                raise Unfit
        if "contentMediaType" in data_keys:
            data_keys.remove("contentMediaType")
            data__contentMediaType = data["contentMediaType"]
            if not isinstance(data__contentMediaType, (str)):
                raise Unfit
        if "contentEncoding" in data_keys:
            data_keys.remove("contentEncoding")
            data__contentEncoding = data["contentEncoding"]
            if not isinstance(data__contentEncoding, (str)):
                raise Unfit
        if "if" in data_keys:
            data_keys.remove("if")
            data__if = data["if"]
            fits_whole(data__if)
        if "then" in data_keys:
            data_keys.remove("then")
            data__then = data["then"]
            fits_whole(data__then)
        if "else" in data_keys:
            data_keys.remove("else")
            data__else = data["else"]
            fits_whole(data__else)
        if "allOf" in data_keys:
            data_keys.remove("allOf")
            data__allOf = data["allOf"]
            fits_schemaarray(data__allOf)
        if "anyOf" in data_keys:
            data_keys.remove("anyOf")
            data__anyOf = data["anyOf"]
            fits_schemaarray(data__anyOf)
        if "oneOf" in data_keys:
            data_keys.remove("oneOf")
            data__oneOf = data["oneOf"]
            fits_schemaarray(data__oneOf)
        if "not" in data_keys:
            data_keys.remove("not")
            data__not = data["not"]
            fits_whole(data__not)
    return data

CHECKS = {
    None: fits_whole,
    'schemaArray': fits_schemaarray,
    'nonNegativeInteger': fits_nonnegativeinteger,
    'nonNegativeIntegerDefault0': fits_nonnegativeintegerdefault0,
    'simpleTypes': fits_simpletypes,
    'stringArray': fits_stringarray,
}
