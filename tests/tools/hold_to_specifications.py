"""Holds a bill of materials and a statement of provenance against their specifications.

The bill: the JSON schema of CycloneDX 1.6, strictly. The statement: the protobuf definitions of the
in-toto Statement v1 and of SLSA provenance v1, in which a field that is not known is an error, and
the checks that go with them.
"""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

bill, statement = (open(name, encoding="utf-8").read() for name in sys.argv[1:])
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill)
if error is not None:
    sys.exit(f"the bill is not CycloneDX 1.6: {error}")
message = json_format.Parse(statement, statement_pb2.Statement())
Statement.copy_from_pb(message).validate()
predicate = json_format.Parse(json.dumps(json.loads(statement)["predicate"]), provenance_pb2.Provenance())
print(len(predicate.build_definition.resolved_dependencies))
