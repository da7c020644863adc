# Whether onnx.checker accepts a file, shapes included, and Google's protobuf writes it in the same bytes.
# Usage: onnx_check.py FILE
import sys

import onnx

model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
with open(sys.argv[1], "rb") as file:
    if file.read() != model.SerializeToString(deterministic=True):
        sys.exit("protobuf writes the same model in other bytes")
names = [value.name for value in list(model.graph.input) + list(model.graph.output)]
if names != ["input", "output"]:
    sys.exit(f"inputs and outputs are {names}")
for broken in range(len(model.graph.node) - 1):
    other = onnx.ModelProto()
    other.CopyFrom(model)
    other.graph.node[broken].output[0] = "nowhere"
    try:
        onnx.checker.check_model(other, full_check=True)
    except Exception:
        continue
    sys.exit(f"the checker does not see that node {broken} leads nowhere")
