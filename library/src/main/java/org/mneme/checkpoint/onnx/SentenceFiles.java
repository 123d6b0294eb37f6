package org.mneme.checkpoint.onnx;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mneme.checkpoint.AtomicFile;
import org.mneme.checkpoint.JsonFiles;
import org.mneme.model.Pooling;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The files by which sentence-transformers knows how to make an embedding out of a model's hidden
/// states.
final class SentenceFiles {
  private static final JsonMapper JSON = JsonMapper.shared();

  private SentenceFiles() {}

  /// Writes them into the folder of a model with hidden states of `dim` columns.
  static void write(Path folder, Pooling pooling, boolean normalises, long dim, long positions)
      throws IOException {
    Path poolingFolder = Files.createDirectory(folder.resolve("1_Pooling"));
    ObjectNode settings = JSON.createObjectNode();
    settings.put("word_embedding_dimension", dim);
    settings.put("pooling_mode_cls_token", pooling == Pooling.CLS);
    settings.put("pooling_mode_mean_tokens", pooling == Pooling.MEAN);
    settings.put("pooling_mode_max_tokens", false);
    settings.put("pooling_mode_mean_sqrt_len_tokens", false);
    JsonFiles.write(poolingFolder.resolve("config.json"), settings);

    ObjectNode limits = JSON.createObjectNode();
    limits.put("max_seq_length", positions);
    limits.put("do_lower_case", false);
    JsonFiles.write(folder.resolve("sentence_bert_config.json"), limits);

    ArrayNode modules = JSON.createArrayNode();
    add(modules, "", "Transformer");
    add(modules, "1_Pooling", "Pooling");
    if (normalises) {
      add(modules, "2_Normalize", "Normalize");
    }
    byte[] text =
        (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(modules) + "\n")
            .getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(folder.resolve("modules.json"), new Bytes(text));
  }

  private static void add(ArrayNode modules, String path, String type) {
    int index = modules.size();
    modules
        .addObject()
        .put("idx", index)
        .put("name", Integer.toString(index))
        .put("path", path)
        .put("type", "sentence_transformers.models." + type);
  }
}
