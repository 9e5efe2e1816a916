using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests.Hubs;

/// <summary>How the application sets up JSON and SignalR for itself makes no difference to LiveHub, nor the other way round.</summary>
public sealed partial class ApplicationJsonTests(PostgresServer server)
{
    private static readonly Dictionary<string, Action<JsonSerializerOptions>> Settings = new(StringComparer.Ordinal)
    {
        ["no naming policy"] = options => options.PropertyNamingPolicy = null,
        ["nulls are left out"] = options => options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        ["references are kept"] = options => options.ReferenceHandler = ReferenceHandler.Preserve,
        ["numbers as strings"] = options => options.NumberHandling = JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString,
        ["a source-generated resolver alone"] = options => options.TypeInfoResolver = Generated.Default,
        ["little depth"] = options => options.MaxDepth = 8,
    };

    public static TheoryData<string> Names() => [.. Settings.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task The_application_s_JSON_settings_change_nothing_on_LiveHub_s_wire(string setting)
    {
        await using var plain = await Shop.StartAsync(server);
        await using var set = await Shop.StartAsync(server, services: services => services.AddSignalR().AddJsonProtocol(json => Settings[setting](json.PayloadSerializerOptions)));
        Assert.Equal(await TalkAsync(plain), await TalkAsync(set));
    }

    [Fact]
    public async Task A_protocol_of_the_application_s_own_that_is_called_json_is_refused_at_start_up_with_the_remedy()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => Shop.StartAsync(
            server, services: services => services.Replace(ServiceDescriptor.Singleton<IHubProtocol, OwnJson>())));
        Assert.Contains(nameof(OwnJson), exception.Message, StringComparison.Ordinal);
        Assert.Contains("AddJsonProtocol", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Everything that the server says to a hello, a subscription, a change and a fault.</summary>
    private static async Task<IReadOnlyList<string>> TalkAsync(Shop shop)
    {
        await shop.AddItemsAsync(1, "cup");
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await client.SubscribeAsync(1, "Item", ",\"where\":{\"shelfId\":{\"in\":[1,null]}}");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        await shop.RenameAsync(1, "bowl");
        await client.UntilAsync(view, v => (string?)v.Rows(1)!["1"]["name"] == "bowl");
        await client.SubscribeAsync(2, "Nothing");
        Assert.Equal("unknown_entity", (string?)(await client.NextAsync())["code"]);
        return [.. client.Frames.Select(Neutral)];
    }

    /// <summary>Without what differs between two logs.</summary>
    private static string Neutral(string frame)
    {
        var json = JsonNode.Parse(frame)!;
        foreach (var message in json["arguments"]![0]!.AsArray())
        {
            _ = message!.AsObject().Remove("epoch");
            _ = (message["end"] as JsonObject)?.Remove("tag");
        }

        return json.ToJsonString();
    }

    [JsonSerializable(typeof(string))]
    private sealed partial class Generated : JsonSerializerContext;

    private sealed class OwnJson(IOptions<JsonHubProtocolOptions> options) : IHubProtocol
    {
        private readonly JsonHubProtocol _inner = new(options);

        public string Name => "json";

        public int Version => _inner.Version;

        public TransferFormat TransferFormat => _inner.TransferFormat;

        public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) => _inner.GetMessageBytes(message);

        public bool IsVersionSupported(int version) => _inner.IsVersionSupported(version);

        public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message)
            => _inner.TryParseMessage(ref input, binder, out message);

        public void WriteMessage(HubMessage message, IBufferWriter<byte> output) => _inner.WriteMessage(message, output);
    }
}
