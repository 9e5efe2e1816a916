using System.Diagnostics;
using LiveHub.Tests.Infrastructure;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace LiveHub.Tests.Infrastructure;

/// <summary>
/// A real PostgreSQL for all tests: the one that LIVEHUB_TEST_POSTGRES names, or else one that is started here from the
/// project's own packages and ends with the test run.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private Process? _own;

    public string ConnectionString { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        ConnectionString = Environment.GetEnvironmentVariable("LIVEHUB_TEST_POSTGRES") ?? await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_own is null)
        {
            return;
        }

        _own.StandardInput.Close();
        await _own.WaitForExitAsync();
        _own.Dispose();
    }

    /// <summary>A new database with a name of its own; the server drops it with everything else, or the caller does.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Guid.NewGuid():N}";
        await ExecuteAsync(ConnectionString, $"create database {name}");
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name, MaxPoolSize = 20 }.ConnectionString;
    }

    public async Task DropDatabaseAsync(string connectionString)
    {
        NpgsqlConnection.ClearPool(new NpgsqlConnection(connectionString));
        await ExecuteAsync(ConnectionString, $"drop database if exists {new NpgsqlConnectionStringBuilder(connectionString).Database} with (force)");
    }

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<string> StartAsync()
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Root(), "tools", "postgres.mjs"), "--hold"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _own = Process.Start(start)!;
        return await _own.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("PostgreSQL did not start. Run 'npm ci' once, or set LIVEHUB_TEST_POSTGRES to a server where tests may create databases.");
    }

    /// <summary>The repository's root.</summary>
    public static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "LiveHub.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
