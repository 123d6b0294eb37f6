package org.mneme.data.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.duckdb.DuckDBDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.BadRecordsConfig.Policy;
import org.mneme.data.SourceConfig;

class SourceReaderTest {
  private static final BadRecordsConfig SKIP = new BadRecordsConfig(Policy.SKIP, 0);

  @TempDir private Path folder;

  /// What was read, as `line:text`.
  private record Read(List<String> texts, BadRecords bad) {}

  private static Read read(SourceConfig source, BadRecordsConfig policy) {
    List<String> texts = new ArrayList<>();
    BadRecords bad = new BadRecords(policy);
    new SourceReader(SourceFiles.of(List.of(source)), bad)
        .read(text -> texts.add(text.line() + ":" + text.text()));
    return new Read(texts, bad);
  }

  private static List<String> texts(Path file) {
    return read(SourceConfig.of(file.toString()), BadRecordsConfig.DEFAULT).texts();
  }

  private static String error(SourceConfig source, BadRecordsConfig policy) {
    var error = assertThrows(InvalidInputException.class, () -> read(source, policy));
    assertEquals(InvalidInputException.Kind.DATA, error.kind());
    return String.valueOf(error.getMessage());
  }

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private static byte[] gzip(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  void linesOfTextKeepTheirNumbersAndBlankOnesGo() throws IOException {
    Path file = write("text.txt", "\uFEFFfirst\r\n\n \t \nsécond \uD83D\uDE00\r\nlast");
    assertEquals(List.of("1:first", "4:sécond \uD83D\uDE00", "5:last"), texts(file));
    assertEquals(List.of(), texts(write("empty.txt", "")));
    assertEquals(List.of(), texts(write("blank.txt", "\n\n")));
  }

  @Test
  void blankLinesPartDocuments() throws IOException {
    Path file = write("text.txt", "\na\nb\n\n\nc\n \nd\ne");
    SourceConfig source =
        SourceConfig.of(file.toString()).withDocuments(SourceConfig.Documents.BLANK_LINE);
    assertEquals(
        List.of("2:a\nb", "6:c", "8:d\ne"), read(source, BadRecordsConfig.DEFAULT).texts());
  }

  @Test
  void compressedFilesReadAsPlainOnes() throws IOException {
    String text = "line of text\n".repeat(20_000) + "x".repeat(200_000);
    List<String> plain = texts(write("plain.txt", text));
    Path gz = Files.write(folder.resolve("a.txt.gz"), gzip(text));
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    Path zst = Files.write(folder.resolve("a.txt.zst"), Zstd.compress(bytes));
    assertEquals(20_001, plain.size());
    assertEquals(plain, texts(gz));
    assertEquals(plain, texts(zst));
  }

  @Test
  void damagedCompressionIsAnErrorWhateverThePolicy() throws IOException {
    byte[] whole = gzip("text ".repeat(1000));
    Path gz = Files.write(folder.resolve("cut.gz"), Arrays.copyOf(whole, whole.length / 2));
    assertTrue(error(SourceConfig.of(gz.toString()), SKIP).contains("damaged"));
    byte[] plain = "more text\n".getBytes(StandardCharsets.UTF_8);
    byte[] mixed = Arrays.copyOf(whole, whole.length + plain.length);
    System.arraycopy(plain, 0, mixed, whole.length, plain.length);
    Path mix = Files.write(folder.resolve("mix.txt.gz"), mixed);
    assertEquals(
        mix
            + ": cannot be read: behind its gzip data are bytes that are none; compress them, too,"
            + " or cut them off",
        error(SourceConfig.of(mix.toString()), SKIP));
    byte[] packed = Zstd.compress("some text ".repeat(1000).getBytes(StandardCharsets.UTF_8));
    Path zst = Files.write(folder.resolve("cut.zst"), Arrays.copyOf(packed, packed.length - 5));
    assertTrue(error(SourceConfig.of(zst.toString()), SKIP).startsWith(zst.toString()));
  }

  @Test
  void jsonlTakesTheColumnOfEachLine() throws IOException {
    Path file =
        write(
            "a.jsonl",
            "{\"id\": 1, \"text\": \"one\\ntwo\", \"more\": {\"text\": [1]}}\n\n"
                + "{\"text\": \"zwei \\u00fc\"}\r\n{\"other\": \"x\", \"text\": \"y\"}");
    assertEquals(List.of("1:one\ntwo", "3:zwei ü", "4:y"), texts(file));
    SourceConfig other = SourceConfig.of(file.toString()).withColumn("other");
    assertEquals(List.of("4:x"), read(other, SKIP).texts());
  }

  @Test
  void badJsonlIsCountedByKindWithItsLine() throws IOException {
    Path file = folder.resolve("bad.jsonl");
    byte[] start =
        ("{\"text\": \"fine\"}\n{\"text\": \n[1]\n{\"body\": \"x\"}\n{\"text\": 5}\n"
                + "{\"text\": null}\n{\"text\": \" \"}\n{\"text\": \"a\"} {}\n")
            .getBytes(StandardCharsets.UTF_8);
    byte[] latin = "{\"text\": \"na\u00efve\"}\n".getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = Arrays.copyOf(start, start.length + latin.length);
    System.arraycopy(latin, 0, all, start.length, latin.length);
    Files.write(file, all);
    Read read = read(SourceConfig.of(file.toString()), SKIP);
    assertEquals(List.of("1:fine"), read.texts());
    assertEquals(
        Map.of(
            "broken-json", 3L,
            "missing-column", 1L,
            "wrong-type", 2L,
            "empty", 1L,
            "invalid-utf8", 1L),
        read.bad().counts());
    String examples = String.join("\n", read.bad().examples());
    for (String expected :
        List.of(
            "line 2: broken JSON",
            "line 3: no JSON object",
            "line 4: no key 'text'",
            "line 5: 'text' holds 5, not text",
            "line 6: 'text' holds null",
            "line 7: 'text' is empty",
            "line 8: more than one JSON object",
            "line 9: invalid UTF-8 at byte 13")) {
      assertTrue(examples.contains(file + ", " + expected), expected + " in\n" + examples);
    }
  }

  @Test
  void policiesDecideAboutBadRecords() throws IOException {
    Path file = write("bad.jsonl", "{\"text\": \"a\"}\n{}\n{\"text\": \"\"}\n{\"text\": \"b\"}\n");
    SourceConfig source = SourceConfig.of(file.toString());
    String failed = error(source, BadRecordsConfig.DEFAULT);
    assertTrue(failed.startsWith(file + ", line 2: no key 'text'"), failed);
    assertEquals(List.of("1:a", "4:b"), read(source, SKIP).texts());
    assertEquals(2, read(source, new BadRecordsConfig(Policy.LIMIT, 2)).bad().total());
    String limited = error(source, new BadRecordsConfig(Policy.LIMIT, 1));
    assertTrue(
        limited.contains("line 3") && limited.contains("1 missing-column, 1 empty"), limited);
    assertTrue(limited.contains("limit of 1"), limited);
  }

  @Test
  void examplesAreTheFirstFewOfEachKind() throws IOException {
    Path file = write("bad.jsonl", "{}\n".repeat(100) + "[\n");
    Read read = read(SourceConfig.of(file.toString()), SKIP);
    assertEquals(101, read.bad().total());
    assertEquals(4, read.bad().examples().size());
    assertTrue(read.bad().summary().contains("100 missing-column"));
  }

  @Test
  void csvKnowsQuotesAndRowsOfSeveralLines() throws IOException {
    Path file =
        write(
            "a.csv",
            "id,\"text\"\r\n1,plain\r\n2,\"a, \"\"b\"\"\"\r\n\r\n3,\"two\r\nlines,\n\"\n4,x\"y\n");
    assertEquals(List.of("2:plain", "3:a, \"b\"", "5:two\nlines,\n", "8:x\"y"), texts(file));
  }

  @Test
  void csvReadsAsDuckDbDoes() throws IOException, SQLException {
    StringBuilder csv = new StringBuilder("n,text,end\n");
    String[] parts = {"a", ",", "\"\"", " ", "\n", "ü", "b c"};
    for (int i = 0; i < 500; i++) {
      int seed = i;
      String field =
          String.join(
              "", IntStream.range(0, i % 6).mapToObj(k -> parts[(seed * 7 + k * k) % 7]).toList());
      csv.append(i).append(",\"x").append(field).append("\",").append(i % 3 == 0 ? "" : "e");
      csv.append('\n');
    }
    Path file = write("many.csv", csv.toString());
    List<String> expected = new ArrayList<>();
    try (Connection duck = new DuckDBDriver().connect("jdbc:duckdb:", new Properties());
        Statement statement = duck.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT text FROM read_csv('"
                    + file
                    + "', header=true, quote='\"', escape='\"')")) {
      while (rows.next()) {
        expected.add(rows.getString(1));
      }
    }
    List<String> own = texts(file).stream().map(t -> t.substring(t.indexOf(':') + 1)).toList();
    assertEquals(500, own.size());
    assertEquals(expected, own);
  }

  @Test
  void badRowsOfTablesAreCountedWithTheirLine() throws IOException {
    Path file =
        write("bad.csv", "a,text\n1,x,y\n2,\n3,\"ok\"no\n4,fine\n5,\"never closed\n6,gone\n");
    Read read = read(SourceConfig.of(file.toString()), SKIP);
    assertEquals(List.of("5:fine"), read.texts());
    assertEquals(Map.of("broken-row", 3L, "empty", 1L), read.bad().counts());
    String examples = String.join("\n", read.bad().examples());
    for (String expected :
        List.of(
            "line 2: 3 fields, the header has 2",
            "line 3: 'text' is empty",
            "line 4: text behind a closing quote",
            "line 6: a quote that nothing closes")) {
      assertTrue(examples.contains(expected), expected + " in\n" + examples);
    }
  }

  @Test
  void tsvHasNoQuotes() throws IOException {
    Path file = write("a.tsv", "label\ttext\n1\tsay \"hi\"\n0\t\"open\n1\ttoo\tmany\n");
    Read read = read(SourceConfig.of(file.toString()), SKIP);
    assertEquals(List.of("2:say \"hi\"", "3:\"open"), read.texts());
    assertEquals(Map.of("broken-row", 1L), read.bad().counts());
  }

  @Test
  void tablesWithoutTheColumnSayWhichThereAre() throws IOException {
    Path tsv = write("a.tsv", "label\tsentence\n1\tx\n");
    String message = error(SourceConfig.of(tsv.toString()), SKIP);
    assertTrue(message.contains("no column 'text'; name one of label, sentence"), message);
    assertTrue(error(SourceConfig.of(write("b.csv", "").toString()), SKIP).contains("is empty"));
  }

  @Test
  void parquetIsReadInItsOrder() throws SQLException, IOException {
    Path file = folder.resolve("a b's.parquet");
    parquet(
        file,
        "SELECT i AS id, CASE WHEN i = 7 THEN NULL WHEN i = 9 THEN '' ELSE 'row ' || i END AS text"
            + " FROM range(30000) t(i)");
    Read read = read(SourceConfig.of(file.toString()), SKIP);
    assertEquals(29_998, read.texts().size());
    assertEquals("1:row 0", read.texts().getFirst());
    assertEquals("30000:row 29999", read.texts().getLast());
    assertEquals(Map.of("empty", 2L), read.bad().counts());
    assertTrue(read.bad().examples().getFirst().contains("line 8: 'text' is null"));
    String number = error(SourceConfig.of(file.toString()).withColumn("id"), SKIP);
    assertTrue(number.contains("column 'id' holds BIGINT"), number);
    String missing = error(SourceConfig.of(file.toString()).withColumn("body"), SKIP);
    assertTrue(missing.contains("name one of id, text"), missing);
    Path broken = write("broken.parquet", "PAR1 this is none PAR1");
    assertTrue(error(SourceConfig.of(broken.toString()), SKIP).contains("as Parquet"));
  }

  private static void parquet(Path file, String query) throws SQLException {
    try (Connection duck = new DuckDBDriver().connect("jdbc:duckdb:", new Properties());
        Statement statement = duck.createStatement()) {
      var unused =
          statement.execute("COPY (" + query + ") TO '" + file.toString().replace("'", "''") + "'");
    }
  }

  @Test
  void foldersAndGlobsGiveTheirFilesByName() throws IOException {
    write("in/b.txt", "b");
    write("in/a.jsonl", "{\"text\": \"a\"}");
    write("in/deep/c.tsv", "text\nc\n");
    write("in/README.md", "none");
    write("in/.hidden/d.txt", "none");
    assertEquals(List.of("1:a", "1:b", "2:c"), texts(folder.resolve("in")));
    assertEquals(List.of("1:b"), texts(folder.resolve("in/*.txt")));
    assertEquals(List.of("1:b"), texts(folder.resolve("in/**/*.txt")));
    assertEquals(List.of("1:a", "2:c"), texts(folder.resolve("in/**/*.{jsonl,tsv}")));
    assertTrue(error(of("in/*.csv"), SKIP).contains("matches no file"));
    assertTrue(error(of("none.txt"), SKIP).contains("there is no such file"));
    Files.createDirectory(folder.resolve("void"));
    assertTrue(error(of("void"), SKIP).contains("holds no .txt"));
  }

  private SourceConfig of(String name) {
    return SourceConfig.of(folder.resolve(name).toString());
  }

  @Test
  void readingEndsWhenTheSinkHasEnough() throws IOException {
    Path file = write("many.txt", "line\n".repeat(100));
    List<String> taken = new ArrayList<>();
    var reader =
        new SourceReader(
            SourceFiles.of(List.of(SourceConfig.of(file.toString()))), new BadRecords(SKIP));
    reader.read(text -> {
      taken.add(text.text());
      return taken.size() < 7;
    });
    assertEquals(7, taken.size());
    assertEquals(500, reader.bytes());
  }
}
