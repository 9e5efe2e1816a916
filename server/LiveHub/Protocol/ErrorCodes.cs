namespace LiveHub.Protocol;

/// <summary>The stable codes of <c>error</c> messages (docs/protocol.md lists what each means).</summary>
internal static class ErrorCodes
{
    public const string Protocol = "protocol";
    public const string BadMessage = "bad_message";
    public const string UnknownEntity = "unknown_entity";
    public const string UnknownColumn = "unknown_column";
    public const string UnknownOperator = "unknown_operator";
    public const string WrongType = "wrong_type";
    public const string NotSupported = "not_supported";
    public const string DuplicateId = "duplicate_id";
    public const string TooManySubscriptions = "too_many_subscriptions";
    public const string TooManyKeys = "too_many_keys";
    public const string TooManyTerms = "too_many_terms";
    public const string TooManyTransactions = "too_many_transactions";
    public const string UnknownTransaction = "unknown_transaction";
    public const string UnknownPosition = "unknown_position";
    public const string SnapshotFailed = "snapshot_failed";
    public const string SnapshotTooSlow = "snapshot_too_slow";
    public const string SnapshotTooLarge = "snapshot_too_large";
    public const string Internal = "internal";
}

/// <summary>A request of a client is refused; the text is meant for whoever wrote it.</summary>
internal sealed class RefusedException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
