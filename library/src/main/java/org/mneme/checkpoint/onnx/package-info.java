/// Import of ONNX encoders: an export of a BERT becomes a Hugging Face model folder.
///
/// [OnnxGraph] reads the file; [Dataflow] and [GraphProbe] answer what a value is made of and what
/// the graph's small arithmetic comes to; [BertOnnxImporter] walks from the token ids to the last
/// hidden states and gives every weight the name of its role; [OnnxImporter] writes the folder. No
/// step looks at the names of nodes or initialisers: exporters choose those freely.
@NullMarked
package org.mneme.checkpoint.onnx;

import org.jspecify.annotations.NullMarked;
