using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LiveHub.Protocol;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Tests.Protocol;

/// <summary>The messages in tests/protocol, which the TypeScript tests read too.</summary>
internal static class Golden
{
    public static string Folder { get; } = Path.Combine(PostgresServer.Root(), "tests", "protocol");

    public static IReadOnlyDictionary<string, JsonObject> Client { get; } = Read("client.json");

    public static IReadOnlyDictionary<string, JsonObject> Server { get; } = Read("server.json");

    /// <summary>The protocol's version and a hash over all messages, whatever their layout in the files.</summary>
    public static string Line()
    {
        var text = string.Concat(new[] { Client, Server }.SelectMany(file => file.Values).Select(message => message.ToJsonString() + "\n"));
        return $"{ServerMessages.ProtocolVersion} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
    }

    private static Dictionary<string, JsonObject> Read(string file)
        => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!.AsArray()
            .ToDictionary(entry => (string)entry!["name"]!, entry => entry!["message"]!.AsObject());
}
