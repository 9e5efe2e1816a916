using System.Globalization;

namespace LiveHub.Changes;

/// <summary>A database transaction, as the database numbers it (PostgreSQL: <c>xid8</c>).</summary>
internal readonly record struct TransactionId(ulong Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
