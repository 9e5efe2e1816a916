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
        (string Code, string Message)[] cases =
        [
            ("bad_message", "17"),
            ("bad_message", "null"),
            ("bad_message", """{"type":"dance"}"""),
            ("bad_message", """{"type":"hello","protocol":{"min":1,"max":1}}"""),
            ("bad_message", """{"type":"subscribe"}"""),
            ("bad_message", """{"type":"subscribe","subscriptions":[{"id":0,"entity":"Item"}]}"""),
            ("unknown_entity", Subscribe("\"entity\":\"Nothing\"")),
            ("unknown_entity", Subscribe("\"entity\":\"Note\"")),
            ("unknown_column", Subscribe("\"entity\":\"Item\",\"where\":{\"secret\":\"x\"}")),
            ("unknown_column", Subscribe("\"entity\":\"Item\",\"columns\":[\"ignored\"]")),
            ("unknown_operator", Subscribe("\"entity\":\"Item\",\"where\":{\"id\":{\"gt\":1}}")),
            ("wrong_type", Subscribe("\"entity\":\"Item\",\"where\":{\"id\":\"one\"}")),
            ("wrong_type", Subscribe("\"entity\":\"Price\",\"keys\":[{\"itemId\":1}]")),
            ("not_supported", Subscribe("\"entity\":\"Item\",\"limit\":10")),
            ("too_many_keys", Subscribe("\"entity\":\"Item\",\"keys\":[1,2,3,4]")),
            ("too_many_terms", Subscribe("\"entity\":\"Item\",\"where\":{\"id\":1,\"name\":\"x\",\"done\":true}")),
        ];
        foreach (var (code, message) in cases)
        {
            await client.SendAsync(message);
            var answer = await client.NextAsync();
            Assert.Equal("error", (string?)answer["type"]);
            Assert.Equal((message, code), (message, (string?)answer["code"]));
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
    [InlineData("""{"type":"subscribe","subscriptions":[{"id":1,"entity":"Item"}]}""", "bad_message")]
    [InlineData("""{"type":"hello","protocol":{"min":2,"max":9}}""", "protocol")]
    public async Task The_first_message_must_be_a_hello_in_a_protocol_that_is_spoken(string first, string code)
    {
        await using var shop = await Shop.StartAsync(server);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl, hello: false);
        await client.SendAsync(first);
        Assert.Equal(code, (string?)(await client.NextAsync())["code"]);
        await client.SendAsync("""{"type":"hello","protocol":{"min":1,"max":9}}""");
        Assert.Equal("welcome", (string?)(await client.NextAsync())["type"]);
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
