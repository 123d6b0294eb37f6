package org.mneme.app.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.app.SomeRun;
import org.mneme.app.TinyFolder;
import org.mneme.run.RunFolder;
import tools.jackson.databind.JsonNode;

class WatchServerTest {
  @TempDir Path temp;
  private WatchServer server;
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void serve() {
    SomeRun.finished(temp.resolve("one"), 20, "{seed: 1}");
    server = new WatchServer(List.of(temp), 0);
  }

  @AfterEach
  void stop() {
    server.close();
    client.close();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(server.address().resolve(path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode json(String path) throws IOException, InterruptedException {
    HttpResponse<String> response = get(path);
    assertEquals(200, response.statusCode(), response.body());
    return TinyFolder.json(response.body());
  }

  /// The first line of the answer to a request as it stands.
  private String raw(String... lines) throws IOException {
    try (Socket socket = new Socket("localhost", server.address().getPort())) {
      socket
          .getOutputStream()
          .write((String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return answer.lines().findFirst().orElse("");
    }
  }

  private String host() {
    return "Host: localhost:" + server.address().getPort();
  }

  @Test
  void thePageAndItsFilesAreServedAndNameNoOtherPlace() throws IOException, InterruptedException {
    for (String path :
        List.of(
            "/", "/watch.css", "/chart.css", "/page.css", "/watch.js", "/runs.js", "/chart.js")) {
      HttpResponse<String> response = get(path);
      assertEquals(200, response.statusCode(), path);
      String elsewhere =
          response.body().replace("http://www.w3.org/2000/svg", "").replaceAll("localhost", "");
      assertFalse(elsewhere.contains("http://") || elsewhere.contains("https://"), path);
      assertTrue(
          response.headers().firstValue("Content-Security-Policy").orElse("").contains("'self'"));
    }
  }

  @Test
  void onlyLinesThatAreNewAreSent() throws IOException, InterruptedException {
    Path metrics = temp.resolve("one").resolve("metrics.jsonl");
    JsonNode all = json("/api/lines?id=one&file=metrics");
    assertEquals(Files.readString(metrics), all.path("lines").asString());
    long next = all.path("next").asLong();
    assertEquals(Files.size(metrics), next);
    assertEquals("", json("/api/lines?id=one&file=metrics&from=" + next).path("lines").asString());
    Files.writeString(metrics, "{\"step\":21}\n{\"ste", StandardOpenOption.APPEND);
    JsonNode more = json("/api/lines?id=one&file=metrics&from=" + next);
    assertEquals("{\"step\":21}\n", more.path("lines").asString(), "not the unfinished one");
    assertFalse(more.path("restart").asBoolean());
  }

  @Test
  void aFileThatBecameShorterIsSentAnew() throws IOException, InterruptedException {
    long next = json("/api/lines?id=one&file=metrics").path("next").asLong();
    try (RunFolder run = new RunFolder(temp.resolve("one"))) {
      run.truncateAfter(5);
    }
    JsonNode anew = json("/api/lines?id=one&file=metrics&from=" + next);
    assertTrue(anew.path("restart").asBoolean());
    assertEquals(5, anew.path("lines").asString().lines().count());
    assertTrue(
        json("/api/lines?id=one&file=metrics&from=7").path("restart").asBoolean(), "mid-line");
  }

  @Test
  void longFilesComeInParts() throws IOException, InterruptedException {
    Path metrics = temp.resolve("one").resolve("metrics.jsonl");
    String line = "{\"step\":1,\"text\":\"" + "x".repeat(1000) + "\"}\n";
    Files.writeString(metrics, line.repeat(9000));
    long from = 0;
    long lines = 0;
    int parts = 0;
    for (; from < Files.size(metrics); parts++) {
      JsonNode part = json("/api/lines?id=one&file=metrics&from=" + from);
      lines += part.path("lines").asString().lines().count();
      from = part.path("next").asLong();
    }
    assertEquals(9000, lines);
    assertEquals(3, parts);
  }

  @Test
  void runsThatBeginLaterAreFoundAndThoseOfOneNameToldApart()
      throws IOException, InterruptedException {
    assertEquals(1, json("/api/runs").size());
    SomeRun.finished(temp.resolve("a").resolve("same"), 3, "{}");
    SomeRun.finished(temp.resolve("b").resolve("same"), 4, "{}");
    assertEquals(
        List.of("a/same", "b/same", "one"),
        json("/api/runs").valueStream().map(row -> row.path("id").asString()).toList());
    assertEquals(
        4,
        json("/api/run?id=b%2Fsame").path("summary").path("steps").asInt(),
        "by its longer name");
    assertEquals(2, json("/api/compare?id=one&id=a/same").path("runs").size());
  }

  @Test
  void detailsHoldSettingsAndCheckpoints() throws IOException, InterruptedException {
    JsonNode details = json("/api/run?id=one");
    assertEquals("1", details.path("settings").path("seed").asString());
    assertEquals("step-00000010", details.path("checkpoints").path(0).path("name").asString());
    assertFalse(details.path("report").asBoolean());
    assertEquals(404, get("/report?id=one").statusCode());
    Files.writeString(temp.resolve("one").resolve("report.html"), "<p>its page</p>");
    assertEquals("<p>its page</p>", get("/report?id=one").body());
  }

  @Test
  void nothingButRunsCanBeAskedFor() throws IOException, InterruptedException {
    Files.writeString(temp.resolve("metrics.jsonl.secret"), "secret");
    for (String path :
        List.of(
            "/nothing",
            "/api/run?id=two",
            "/api/run",
            "/api/run?id=..",
            "/api/run?id=one%2F..%2F..",
            "/api/lines?id=..%2F..%2Fetc&file=passwd",
            "/report?id=one%2F..",
            "/api/compare?id=one&id=two",
            "/org/mneme/app/web/watch.html")) {
      assertEquals(404, get(path).statusCode(), path);
    }
    assertEquals(
        "HTTP/1.1 404 Not Found",
        raw("GET /../../etc/passwd HTTP/1.1", host(), "Connection: close"));
    assertEquals(
        "HTTP/1.1 404 Not Found", raw("GET /%2e%2e/pom.xml HTTP/1.1", host(), "Connection: close"));
    assertEquals(200, get("/api/lines?id=one&file=../state.json&from=-3").statusCode());
    assertTrue(
        get("/api/lines?id=one&file=../state.json").body().contains("tokensPerSecond"),
        "any other file is the metrics");
  }

  @Test
  void aRunThatCannotBeReadIsShownBesideTheOthers() throws IOException, InterruptedException {
    Path broken = Files.createDirectories(temp.resolve("broken"));
    Files.writeString(broken.resolve("state.json"), "{}");
    Files.createDirectory(broken.resolve("metrics.jsonl"));
    JsonNode rows = json("/api/runs");
    assertEquals(2, rows.size());
    assertEquals("broken", rows.get(0).path("id").asString());
    assertEquals("unreadable", rows.get(0).path("run").path("state").asString());
    String why = rows.get(0).path("run").path("message").asString();
    assertTrue(why.startsWith(broken.resolve("metrics.jsonl") + " cannot be read ("), why);
    assertEquals("finished", rows.get(1).path("run").path("state").asString());
  }

  @Test
  void otherSitesAndOtherMethodsAreRefused() throws IOException {
    assertEquals(
        "HTTP/1.1 403 Forbidden",
        raw("GET /api/runs HTTP/1.1", "Host: mneme.example", "Connection: close"));
    assertEquals(
        "HTTP/1.1 405 Method Not Allowed", raw("POST / HTTP/1.1", host(), "Connection: close"));
    assertEquals("HTTP/1.1 200 OK", raw("HEAD / HTTP/1.1", host(), "Connection: close"));
  }

  @Test
  void aTakenPortIsSaidSo() {
    int port = server.address().getPort();
    String message =
        assertThrows(InvalidInputException.class, () -> new WatchServer(List.of(temp), port))
            .getMessage();
    assertTrue(message != null && message.contains("--port"), message);
  }
}
