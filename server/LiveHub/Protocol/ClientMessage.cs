using System.Text.Json;
using LiveHub.Changes;

namespace LiveHub.Protocol;

/// <summary>What a client can say.</summary>
internal abstract record ClientMessage
{
    /// <summary>The first message of a connection.</summary>
    /// <param name="Position">Where the client's last connection ended.</param>
    public sealed record Hello(int MinProtocol, int MaxProtocol, ClientPosition? Position) : ClientMessage;

    /// <summary>Subscriptions that enter in one step.</summary>
    public sealed record Subscribe(IReadOnlyList<SubscriptionRequest> Subscriptions) : ClientMessage;

    public sealed record Unsubscribe(IReadOnlyList<long> Ids) : ClientMessage;

    /// <summary>Asks to be told when what a request has committed was sent.</summary>
    public sealed record Seen(string Transaction) : ClientMessage;
}

/// <summary>What everything that a client shows is true as of.</summary>
/// <param name="Epoch">Of which log.</param>
internal sealed record ClientPosition(string Epoch, Position Position)
{
    /// <summary>It is none that any server gave.</summary>
    public static ClientPosition MadeUp { get; } = new("", default);
}

/// <summary>One subscription as it was asked for; nothing of it is checked against the model yet.</summary>
/// <param name="Fingerprint">What the client has been given for it before: it holds the rows, as of its position.</param>
/// <param name="Fault">Why it is none, although it has an id: it is refused alone, and the others of its message are not.</param>
internal sealed record SubscriptionRequest(
    long Id, string Entity, JsonElement? Keys, JsonElement? Where, JsonElement? Columns, string? Reserved, string? Fingerprint = null, RefusedException? Fault = null);
