using LiveHub.Changes;
using Npgsql;
using NpgsqlTypes;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Reads a transaction's stamp.</summary>
internal static class Stamps
{
    public const string Columns = "pg_current_wal_insert_lsn(), pg_current_xact_id()";

    public const string Sql = $"SELECT {Columns};";

    /// <summary>Records of the log begin at multiples of 8 bytes (PostgreSQL, MAXALIGN); an eighth of a position stays below 2^53 for ever.</summary>
    private const int Alignment = 8;

    /// <summary>The WAL insert position and the transaction's number, in this order.</summary>
    public static Stamp Read(NpgsqlDataReader reader, int first = 0) => new(ReadVersion(reader, first), new(reader.GetFieldValue<ulong>(first + 1)));

    /// <summary>A position of the write-ahead log as a version.</summary>
    public static long ReadVersion(NpgsqlDataReader reader, int ordinal)
        => (long)((ulong)reader.GetFieldValue<NpgsqlLogSequenceNumber>(ordinal) / Alignment);
}
