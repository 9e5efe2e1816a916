using System.Text.Json;

namespace LiveHub.Protocol;

/// <summary>What a client can say.</summary>
internal abstract record ClientMessage
{
    /// <summary>The first message of a connection.</summary>
    public sealed record Hello(int MinProtocol, int MaxProtocol) : ClientMessage;

    /// <summary>Subscriptions that are read in one database snapshot and enter in one step.</summary>
    public sealed record Subscribe(IReadOnlyList<SubscriptionRequest> Subscriptions) : ClientMessage;

    public sealed record Unsubscribe(IReadOnlyList<long> Ids) : ClientMessage;

    /// <summary>Asks to be told when what a request has committed was sent.</summary>
    public sealed record Seen(string Transaction) : ClientMessage;
}

/// <summary>One subscription as it was asked for; nothing of it is checked against the model yet.</summary>
/// <param name="Fault">Why it is none, although it has an id: it is refused alone, and the others of its message are not.</param>
internal sealed record SubscriptionRequest(
    long Id, string Entity, JsonElement? Keys, JsonElement? Where, JsonElement? Columns, string? Reserved, RefusedException? Fault = null);
