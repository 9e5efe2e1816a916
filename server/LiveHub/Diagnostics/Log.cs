using LiveHub.Model;
using Microsoft.Extensions.Logging;

namespace LiveHub.Diagnostics;

/// <summary>Everything that the library logs. Ids are stable, and docs/operations.md has what to do about each.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "LiveHub exposes {Entity} of {Context}: {Columns}.")]
    public static partial void Exposes(this GuardedLogger logger, string entity, string context, string columns);

    [LoggerMessage(2, LogLevel.Error, "A committed changeset could not be published; what it may have touched is read again.")]
    public static partial void PublishFailed(this GuardedLogger logger, Exception exception);

    [LoggerMessage(3, LogLevel.Critical, "The router failed on the entry at offset {Offset} and goes on with the next; clients that watch its rows do not see it until they connect again.")]
    public static partial void RoutingFailed(this GuardedLogger logger, long offset, Exception exception);

    [LoggerMessage(4, LogLevel.Critical, "The router fell out of the log and all connections are closed, so that they start again from snapshots.")]
    public static partial void RouterFellBehind(this GuardedLogger logger, Exception exception);

    [LoggerMessage(5, LogLevel.Warning, "A snapshot of {Shapes} could not be read; the client asks again.")]
    public static partial void SnapshotFailed(this GuardedLogger logger, string shapes, Exception exception);

    [LoggerMessage(6, LogLevel.Information, "Connection {Connection} is disconnected, because {Reason}; the client comes back with fresh snapshots.")]
    public static partial void ConnectionGivenUp(this GuardedLogger logger, string connection, string reason);

    [LoggerMessage(7, LogLevel.Error, "A message of connection {Connection} could not be handled.")]
    public static partial void MessageFailed(this GuardedLogger logger, string connection, Exception exception);

    [LoggerMessage(8, LogLevel.Error, "Sending to connection {Connection} failed; it is closed, so that the client starts again from snapshots.")]
    public static partial void PumpFailed(this GuardedLogger logger, string connection, Exception exception);

    [LoggerMessage(9, LogLevel.Warning, "{Database} could not be asked how a transaction ended; it is asked again.")]
    public static partial void CannotAsk(this GuardedLogger logger, DatabaseName database, Exception exception);

    [LoggerMessage(10, LogLevel.Warning, "The database of {Context} could not be looked at; it is tried again.")]
    public static partial void CannotCheck(this GuardedLogger logger, string context, Exception exception);

    [LoggerMessage(11, LogLevel.Warning, "{Database} was restored or replaced (it was {Known} and is {Found}): all clients start again from snapshots.")]
    public static partial void AnotherHistory(this GuardedLogger logger, DatabaseName database, string known, string found);

    [LoggerMessage(12, LogLevel.Warning, "{Database} does not say which history it is in: a restored backup would be noticed late. Grant EXECUTE on pg_control_system().")]
    public static partial void UnknownHistory(this GuardedLogger logger, DatabaseName database, Exception exception);

    [LoggerMessage(13, LogLevel.Information, "LiveHub does not show {Members} of {Entity}: their rows are in a table of their own. To show them, map them to JSON with ToJson, or make them entities and expose those.")]
    public static partial void LeavesOut(this GuardedLogger logger, string members, string entity);

    [LoggerMessage(14, LogLevel.Warning, "A {Context} saves to {Database}, and LiveHub reads from {Home}: what it saves is not shown. One AddLiveHub serves one database.")]
    public static partial void ForeignDatabase(this GuardedLogger logger, string context, DatabaseName database, DatabaseName home);

    [LoggerMessage(15, LogLevel.Critical, "The database breaks a promise, and the next start will be refused: {Fault}")]
    public static partial void FaultFound(this GuardedLogger logger, string fault);

    [LoggerMessage(16, LogLevel.Error, "A row of {Entity} was saved with a value that the model cannot read; who watches {Entity} reads again.")]
    public static partial void RowUnreadable(this GuardedLogger logger, string entity, Exception exception);

    [LoggerMessage(17, LogLevel.Information, "The application stops, and {Connections} connections have not taken what waits for them within {Patience}; they are closed.")]
    public static partial void WentAway(this GuardedLogger logger, int connections, TimeSpan patience);

    [LoggerMessage(18, LogLevel.Warning, "A listener of LiveHub's meter threw, so that what it measures is wrong from now on. This is said once.")]
    public static partial void ListenerFailed(this GuardedLogger logger, Exception exception);

    [LoggerMessage(19, LogLevel.Information, "Connection {Connection} ended while a long snapshot of {Entities} was on its way; its client begins anew.")]
    public static partial void SnapshotCut(this GuardedLogger logger, string connection, string entities);

    [LoggerMessage(20, LogLevel.Warning, "Redis is away, or refuses: what is saved waits, and after 5 s readers are told that they may be out of date. It is tried again.")]
    public static partial void RedisIsAway(this GuardedLogger logger, Exception exception);

    [LoggerMessage(21, LogLevel.Information, "The log in Redis is heard again.")]
    public static partial void RedisIsBack(this GuardedLogger logger);

    [LoggerMessage(22, LogLevel.Error, "More than {Changesets} changesets or {Bytes} bytes wait for Redis and are given up; the readers of all nodes start again from snapshots as soon as it takes something.")]
    public static partial void QueueOverflowed(this GuardedLogger logger, int changesets, long bytes);

    [LoggerMessage(23, LogLevel.Warning, "The log {Epoch} in Redis was replaced by an older one, or somebody else has written into it: the readers of all nodes start again from snapshots.")]
    public static partial void LogReplaced(this GuardedLogger logger, string epoch);

    [LoggerMessage(24, LogLevel.Warning, "This node was away for longer than the log reaches back from offset {Offset}: its readers start again from snapshots.")]
    public static partial void FellOutOfTheLog(this GuardedLogger logger, long offset);

    [LoggerMessage(25, LogLevel.Warning, "Node {Node} went without a word, and may have saved what nobody knows of: the readers of all nodes start again from snapshots.")]
    public static partial void NodeWasLost(this GuardedLogger logger, string node);

    [LoggerMessage(26, LogLevel.Error, "The entry at offset {Offset} could not be read; who watches anything reads again.")]
    public static partial void EntryUnreadable(this GuardedLogger logger, long offset, Exception exception);

    [LoggerMessage(27, LogLevel.Error, "A changeset could not be written for other nodes; who watches its entities reads again.")]
    public static partial void ChangesetUnwritable(this GuardedLogger logger, Exception exception);

    [LoggerMessage(28, LogLevel.Information, "This node joins the log in Redis anew. {Reason}")]
    public static partial void JoinsAnew(this GuardedLogger logger, string reason);

    [LoggerMessage(29, LogLevel.Error, "{Fault} Until then nobody is served here.")]
    public static partial void LogIsForeign(this GuardedLogger logger, string fault);

    [LoggerMessage(30, LogLevel.Warning, "{Context} is on PostgreSQL, and AddLiveHub was not told so: rows may be shown otherwise than they were saved. Call UsePostgreSql() (package LiveHub.PostgreSql).")]
    public static partial void PostgreSqlIsNotUsed(this GuardedLogger logger, string context);
}
