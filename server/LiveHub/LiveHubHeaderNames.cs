namespace LiveHub;

/// <summary>Names of HTTP headers.</summary>
public static class LiveHubHeaderNames
{
    /// <summary>
    /// Names the transactions that a request has committed (<c>UseLiveHubTransactionHeader</c>). The value is opaque, of at most 1,055 characters.
    /// </summary>
    public const string Transaction = "LiveHub-Transaction";
}
