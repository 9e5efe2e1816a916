using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.SignalR;

namespace ValuesServer;

/// <summary>What an application may set for its own JSON: nothing of it is LiveHub's business.</summary>
public static class OddJson
{
    /// <summary>Sets it for endpoints and for hubs.</summary>
    public static void Use(IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(http => Set(http.SerializerOptions));
        services.AddSignalR().AddJsonProtocol(hubs => Set(hubs.PayloadSerializerOptions));
    }

    /// <summary>Maps an endpoint and a hub that show what is set.</summary>
    public static void Map(WebApplication app)
    {
        app.MapGet("/odd", () => new OddValue("odd", 1, null));
        app.MapHub<OddHub>("/odd-hub");
    }

    private static void Set(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = null;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.ReferenceHandler = ReferenceHandler.Preserve;
        options.NumberHandling = JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString;
        options.TypeInfoResolver = OddTypes.Default;
    }
}

public sealed record OddValue(string Name, int Number, string? Nothing);

public sealed class OddHub : Hub
{
    public OddValue Show() => new("odd", 1, null);
}

/// <summary>All that the application knows how to read and write.</summary>
[JsonSerializable(typeof(OddValue))]
internal sealed partial class OddTypes : JsonSerializerContext;
