using LiveHub.Tests.Infrastructure;

namespace LiveHub.Tests.Hubs;

/// <summary>G12: bad input gets a stable code and a way out, and the connection stays up.</summary>
public sealed class RefusalTests(PostgresServer server)
{
    [Fact]
    public async Task G12_every_refusal_has_its_code_and_the_connection_stays_up()
    {
        await using var shop = await Shop.StartAsync(server, o =>
        {
            o.MaxSubscriptionsPerConnection = 2;
            o.MaxKeys = 3;
            o.MaxFilterTerms = 2;
        });
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        (string Code, string Message, string WayOut)[] cases =
        [
            ("bad_message", "17", "must be a JSON object"),
            ("bad_message", "null", "must be a JSON object"),
            ("bad_message", """{"type":"dance"}""", "The types are hello, subscribe, unsubscribe and seen"),
            ("bad_message", """{"type":"hello","protocol":{"min":1,"max":1}}""", "has said hello already"),
            ("bad_message", """{"type":"subscribe"}""", "'subscriptions' must be a list"),
            ("bad_message", """{"type":"subscribe","subscriptions":[{"id":0,"entity":"Item"}]}""", "must be from 1"),
            ("bad_message", """{"type":"unsubscribe","ids":[{}]}""", "must hold integers"),
            ("bad_message", Subscribe("\"entity\":\"Item\",\"keys\":[1],\"where\":{\"id\":1}"), "not both"),
            ("bad_message", Subscribe("\"entity\":\"Item\",\"keys\":[]"), "at least one key"),
            ("bad_message", Subscribe("\"entity\":\"Item\",\"columns\":[1]"), "a list of column names"),
            ("unknown_entity", Subscribe("\"entity\":\"Nothing\""), "expose it on the server"),
            ("unknown_entity", Subscribe("\"entity\":\"Note\""), "expose it on the server"),
            ("unknown_column", Subscribe("\"entity\":\"Item\",\"where\":{\"secret\":\"x\"}"), "Its columns are: id, done"),
            ("unknown_column", Subscribe("\"entity\":\"Item\",\"columns\":[\"ignored\"]"), "Its columns are: id, done"),
            ("unknown_operator", Subscribe("\"entity\":\"Item\",\"where\":{\"id\":{\"gt\":1}}"), "must be a value, or {\"in\":[…]}"),
            ("wrong_type", Subscribe("\"entity\":\"Item\",\"where\":{\"id\":\"one\"}"), "it takes a 32-bit integer"),
            ("wrong_type", Subscribe("\"entity\":\"Item\",\"keys\":[99999999999]"), "it takes a 32-bit integer"),
            ("wrong_type", Subscribe("\"entity\":\"Price\",\"keys\":[{\"itemId\":1}]"), "lacks the column 'currency'"),
            ("not_supported", Subscribe("\"entity\":\"Item\",\"limit\":10"), "Leave it out"),
            ("not_supported", Subscribe("\"entity\":\"Item\",\"include\":{\"note\":true}"), "Leave it out"),
            ("not_supported", Subscribe("\"entity\":\"Item\",\"orderBy\":{\"secret\":\"asc\"}"), "Leave it out"),
            ("too_many_keys", Subscribe("\"entity\":\"Item\",\"keys\":[1,2,3,4]"), "may list 3 values. Split it"),
            ("too_many_keys", Subscribe("\"entity\":\"Item\",\"where\":{\"id\":{\"in\":[1,2,3,4]}}"), "may list 3 values. Split it"),
            ("too_many_terms", Subscribe("\"entity\":\"Item\",\"where\":{\"id\":1,\"name\":\"x\",\"done\":true}"), "may have 2 terms. Use fewer"),
        ];
        foreach (var (code, message, wayOut) in cases)
        {
            await client.SendAsync(message);
            var answer = await client.NextAsync();
            Assert.Equal("error", (string?)answer["type"]);
            Assert.Equal((message, code), (message, (string?)answer["code"]));
            Assert.Contains(wayOut, (string?)answer["message"]);
            Assert.Equal(message.Contains("\"id\":7"), answer["id"] is not null);
        }

        await client.SubscribeAsync(7, "Item");
        await client.UntilAsync(new(), v => v.Rows(7) is not null);
        await client.SubscribeAsync(7, "Shelf");
        var duplicate = await client.NextAsync();
        Assert.Equal("duplicate_id", (string?)duplicate["code"]);
        Assert.Null(duplicate["id"]);
        await client.SubscribeAsync(8, "Shelf");
        await client.UntilAsync(new(), v => v.Rows(8) is not null);
        await client.SubscribeAsync(9, "Tag");
        Assert.Equal("too_many_subscriptions", (string?)(await client.NextAsync())["code"]);

        static string Subscribe(string rest) => $$"""{"type":"subscribe","subscriptions":[{"id":7,{{rest}}}]}""";
    }

    [Theory]
    [InlineData("""{"type":"subscribe","subscriptions":[{"id":1,"entity":"Item"}]}""", "bad_message", "must be 'hello'")]
    [InlineData("""{"type":"hello","protocol":{"min":2,"max":9}}""", "protocol", "speaks protocol 1, the client 2 to 9. Update the older of the two.")]
    [InlineData("""{"type":"hello","protocol":{"min":0,"max":0}}""", "protocol", "speaks protocol 1, the client 0 to 0")]
    [InlineData("""{"type":"hello","protocol":{"min":9,"max":1}}""", "protocol", "speaks protocol 1")]
    [InlineData("""{"type":"hello","protocol":{"min":1}}""", "bad_message", "protocol.max must be an integer")]
    public async Task The_first_message_must_be_a_hello_in_a_protocol_that_is_spoken(string first, string code, string text)
    {
        await using var shop = await Shop.StartAsync(server);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl, hello: false);
        await client.SendAsync(first);
        var answer = await client.NextAsync();
        Assert.Equal(code, (string?)answer["code"]);
        Assert.Contains(text, (string?)answer["message"]);
        await client.SendAsync("""{"type":"hello","protocol":{"min":1,"max":9}}""");
        Assert.Equal("welcome", (string?)(await client.NextAsync())["type"]);
    }

    [Theory]
    [InlineData("""{"min":1,"max":1}""")]
    [InlineData("""{"min":-3,"max":2147483647}""")]
    [InlineData("""{"min":0,"max":1,"preferred":7}""")]
    public async Task Rule_22_a_version_that_both_speak_is_agreed_on_and_what_is_not_known_yet_is_ignored(string range)
    {
        await using var shop = await Shop.StartAsync(server);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl, hello: false);
        await client.SendAsync($$"""{"type":"hello","new":[{}],"protocol":{{range}},"client":17}""");
        var welcome = await client.NextAsync();
        Assert.Equal(("welcome", 1), ((string?)welcome["type"], (int?)welcome["protocol"]));
    }

    [Theory]
    [InlineData("""{"epoch":"made-up","offset":9007199254740991,"tag":"ffffffffffffffff"}""")]
    [InlineData("""{"epoch":1,"offset":-1,"tag":null}""")]
    [InlineData("\"'; drop table x; --\"")]
    [InlineData("[[[]]]")]
    public async Task B1_a_made_up_position_or_fingerprint_shows_what_everybody_is_shown(string position)
    {
        await using var shop = await Shop.StartAsync(server);
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl, hello: false);
        await client.SendAsync($$"""{"type":"hello","protocol":{"min":1,"max":1},"position":{{position}}}""");
        Assert.Equal("welcome", (string?)(await client.NextAsync())["type"]);
        await client.SubscribeAsync(1, "Item", $",\"fingerprint\":{position}");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        Assert.Equal(("cup", 1), ((string?)Assert.Single(view.Rows(1)!).Value["name"], view.Steps));
    }

    [Fact]
    public async Task A1_what_is_not_exposed_and_what_does_not_exist_get_equal_answers()
    {
        await using var shop = await Shop.StartAsync(server);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        Assert.Equal(await AnswerAsync("Note", "\"entity\":\"Note\""), await AnswerAsync("Nope", "\"entity\":\"Nope\""));
        Assert.Equal(await AnswerAsync("Note", "\"entity\":\"Note\",\"keys\":[1],\"limit\":5"), await AnswerAsync("Nope", "\"entity\":\"Nope\",\"keys\":[1],\"limit\":5"));
        foreach (var hidden in new[] { "secret", "ignored", "shadow", "Shadow", "shelf", "tags", "Id" })
        {
            foreach (var form in new[] { "\"where\":{\"@\":\"x\"}", "\"where\":{\"@\":{\"gt\":1}}", "\"where\":{\"@\":null}", "\"columns\":[\"id\",\"@\"]", "\"columns\":[\"@\"],\"orderBy\":{\"@\":\"asc\"}" })
            {
                Assert.Equal(await ColumnAsync(form, hidden), await ColumnAsync(form, "nonsense"));
            }
        }

        Task<string> ColumnAsync(string form, string column) => AnswerAsync(column, $"\"entity\":\"Item\",{form.Replace("@", column)}");

        async Task<string> AnswerAsync(string name, string rest)
        {
            await client.SendAsync($$"""{"type":"subscribe","subscriptions":[{"id":7,{{rest}}}]}""");
            var answer = await client.NextAsync();
            return $"{(string?)answer["code"]}: {(string?)answer["message"]}".Replace($"'{name}'", "'@'");
        }
    }

    [Fact]
    public async Task B1_a_message_that_is_too_large_ends_its_connection_and_no_other()
    {
        await using var shop = await Shop.StartAsync(server);
        await using var other = await RawClient.ConnectAsync(shop.HubUrl);
        await other.SubscribeAsync(1, "Shelf");
        var view = await other.UntilAsync(new(), v => v.Rows(1) is not null);

        // docs/protocol.md, P3: 131,072 bytes, with SignalR's envelope and the separator.
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SendTextAsync(Padded(131_071));
        Assert.Equal("bad_message", (string?)(await client.NextAsync())["code"]);
        await client.SendTextAsync(Padded(131_072));
        await client.Closed.WaitAsync(TimeSpan.FromSeconds(20));

        await shop.WithDbAsync(async db =>
        {
            db.Shelves.Add(new() { Name = "marker" });
            await db.SaveChangesAsync();
        });
        await other.UntilAsync(view, v => v.Rows(1)!.Count == 3);

        static string Padded(int length)
        {
            const string open = """{"type":1,"target":"Send","arguments":[{"type":"dance","x":"x""";
            const string close = "\"}]}";
            return open + new string('x', length - open.Length - close.Length) + close;
        }
    }

    [Theory]
    [InlineData(",\"entity\":\"Nope\"", "unknown_entity")]
    [InlineData(",\"entity\":\"\\ud800\"", "bad_message")]
    [InlineData(",\"entity\":7", "bad_message")]
    [InlineData("", "bad_message")]
    public async Task One_refused_subscription_does_not_keep_the_others_of_its_message_out(string refused, string code)
    {
        await using var shop = await Shop.StartAsync(server);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SendAsync($$"""{"type":"subscribe","subscriptions":[{"id":1{{refused}}},{"id":2,"entity":"Shelf"}]}""");
        var view = await client.UntilAsync(new(), v => v.Rows(2) is not null);
        var error = Assert.Single(view.Errors);
        Assert.Equal((1, code), ((int?)error["id"], (string?)error["code"]));
    }

    [Fact]
    public async Task More_rows_than_a_connection_may_hold_are_refused()
    {
        await using var shop = await Shop.StartAsync(server, o => o.MaxSnapshotBytes = 64 << 10);
        await shop.AddItemsAsync(1, new string('x', 40_000), new string('y', 40_000));
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item");
        var view = await client.UntilAsync(new(), v => v.Errors.Count > 0);
        Assert.Equal(("snapshot_too_large", 1), ((string?)view.Errors[0]["code"], (int?)view.Errors[0]["id"]));
        await client.SubscribeAsync(1, "Item", ",\"keys\":[1]");
        await client.UntilAsync(view, v => v.Rows(1)?.Count == 1);
    }

    [Fact]
    public async Task A_database_that_cannot_be_read_is_told_with_a_time_to_ask_again_and_the_id_is_free()
    {
        await using var shop = await Shop.StartAsync(server);
        await PostgresServer.ExecuteAsync(shop.ConnectionString, "alter table \"Prices\" rename to \"Away\"");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Price");
        var view = await client.UntilAsync(new(), v => v.Errors.Count > 0);
        var error = Assert.Single(view.Errors);
        Assert.Equal(("snapshot_failed", 1, 2000), ((string?)error["code"], (int?)error["id"], (int?)error["retryMs"]));
        Assert.DoesNotContain("Npgsql", error.ToJsonString());
        await PostgresServer.ExecuteAsync(shop.ConnectionString, "alter table \"Away\" rename to \"Prices\"");
        await client.SubscribeAsync(1, "Price");
        await client.UntilAsync(view, v => v.Rows(1) is not null);
    }
}
