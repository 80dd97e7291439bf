"""The closed list of operators. Source: reference/interop.md 6.2."""

from collections.abc import Mapping
from types import MappingProxyType

from careweave.sources import _ops_codes as codes
from careweave.sources import _ops_jsonata as other
from careweave.sources import _ops_refs as refs
from careweave.sources import _ops_shape as shape
from careweave.sources import _ops_values as values
from careweave.sources._context import Operator

OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        "$first": shape.first,
        "$when": shape.when,
        "$each": shape.each,
        "$with": shape.with_one,
        "$join": shape.join,
        "$split": shape.split,
        "$use": shape.use,
        "$null": shape.null,
        "$map": codes.value_map,
        "$code": codes.code,
        "$id": codes.identifier,
        "$date": values.to_date,
        "$num": values.number,
        "$text": values.text,
        "$ref": refs.ref,
        "$refs": refs.refs,
        "$attach": refs.attach,
        "$jsonata": other.jsonata,
    }
)
