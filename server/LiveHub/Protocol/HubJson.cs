using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveHub.Protocol;

/// <summary>What LiveHub needs of SignalR's protocol <c>json</c>, whatever the application has made of it for its own hubs.</summary>
internal static class HubJson
{
    private const string Name = "json";

    /// <summary>
    /// Client messages are read as they are. Where a resolver of the application's cannot do that, this one does; it is asked last. Without any, System.Text.Json's own
    /// does, and must not be displaced. The application may use its options elsewhere: they stay as they are.
    /// </summary>
    public static void Configure(JsonHubProtocolOptions options)
    {
        if (options.PayloadSerializerOptions is { TypeInfoResolver: { } resolver } own)
        {
            options.PayloadSerializerOptions = new(own) { TypeInfoResolver = JsonTypeInfoResolver.Combine(resolver, HubJsonTypes.Default) };
        }
    }

    /// <summary>Server messages are framed by LiveHub as SignalR frames them: another protocol under that name may frame them otherwise.</summary>
    /// <exception cref="InvalidOperationException">There is another one.</exception>
    public static void Check(IHubProtocolResolver protocols)
    {
        if (protocols.GetProtocol(Name, [Name]) is not JsonHubProtocol and var protocol)
        {
            throw new InvalidOperationException(
                $"The hub protocol '{Name}' is {protocol?.GetType().Name ?? "not there"}, and LiveHub needs SignalR's own. To change how your hubs read and write JSON, use " +
                "AddSignalR().AddJsonProtocol(…) instead (in the place of AddNewtonsoftJsonProtocol, for example): LiveHub does not depend on its settings.");
        }
    }
}

[JsonSerializable(typeof(JsonElement))]
internal sealed partial class HubJsonTypes : JsonSerializerContext;
