package org.mneme.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;

class WordNetGlossesTest {
  private static final String LICENCE = "  1 This software and database | is provided to you  \n";
  private static final String NOUN =
      LICENCE
          + "00001740 03 n 01 entity 0 003 ~ 00001930 n 0000 | that which is  perceived  \n"
          + "02121234 05 n 0b Abel 0 b_c 0 d 1 e 0 f 0 g 0 h 0 i 0 j 0 k_k 0 l 0 000 | ten and"
          + " one\n";
  private static final String VERB = "00001740 29 v 01 breathe 0 000 01 + 02 00 | draw air | out\n";
  private static final String ADJECTIVE =
      "00001740 00 a 02 able(p) 0 elect(ip) 0 000 | (usually followed by `to') able; \"a\"  \n"
          + "00001741 00 s 02 top(a) 0 (x) 0 000 | first\n";
  private static final String ADVERB = "00001740 02 r 01 a_cappella 0 000 | na\u00efvely  \n";

  @TempDir private Path folder;

  @Test
  void linesAreLemmasAndGloss() throws IOException {
    assertEquals(
        List.of(
            "entity: that which is perceived",
            "Abel, b c, d, e, f, g, h, i, j, k k, l: ten and one",
            "breathe: draw air | out",
            "able, elect: (usually followed by `to') able; \"a\"",
            "top, (x): first",
            "a cappella: na\u00efvely"),
        WordNetGlosses.read(jar(files(), StandardCharsets.UTF_8)));
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path text = Files.writeString(folder.resolve("text.jar"), "no jar");
    assertTrue(message(text).contains("not a jar"));
    assertTrue(message(folder.resolve("none.jar")).contains("no such file"));
    Map<String, String> files = files();
    files.remove("data.adv");
    assertTrue(message(jar(files, StandardCharsets.UTF_8)).contains("no net/sf/extjwnl"));
    files.put("data.adv", "00001740 02 r 01 well 0 000 no bar\n");
    assertTrue(message(jar(files, StandardCharsets.UTF_8)).contains("data.adv, line 1: not in"));
    files.put("data.adv", LICENCE + "00001740 02 r 09 well 0 000 | too few words\n");
    assertTrue(message(jar(files, StandardCharsets.UTF_8)).contains("data.adv, line 2: not in"));
    assertTrue(message(jar(files(), StandardCharsets.ISO_8859_1)).contains("data.adv"));
  }

  private static String message(Path jar) {
    var error = assertThrows(InvalidInputException.class, () -> WordNetGlosses.read(jar));
    assertEquals(InvalidInputException.Kind.DATA, error.kind());
    assertEquals(jar.toString(), error.key());
    return String.valueOf(error.getMessage());
  }

  private static Map<String, String> files() {
    return new HashMap<>(
        Map.of("data.noun", NOUN, "data.verb", VERB, "data.adj", ADJECTIVE, "data.adv", ADVERB));
  }

  private Path jar(Map<String, String> files, Charset charset) throws IOException {
    Path jar = folder.resolve("wordnet.jar");
    try (var out = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (Map.Entry<String, String> file : files.entrySet()) {
        out.putNextEntry(new ZipEntry("net/sf/extjwnl/data/wordnet/wn31/" + file.getKey()));
        out.write(file.getValue().getBytes(charset));
        out.closeEntry();
      }
    }
    return jar;
  }
}
