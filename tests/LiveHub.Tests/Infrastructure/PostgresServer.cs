using System.Diagnostics;
using System.Text;
using LiveHub.Tests.Infrastructure;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace LiveHub.Tests.Infrastructure;

/// <summary>
/// A real PostgreSQL for all tests: the one that LIVEHUB_TEST_POSTGRES names, or else one that is started here from the
/// project's own packages and ends with the test run.
/// </summary>
public class PostgresServer : IAsyncLifetime
{
    private readonly Lazy<Task<string>> _connectionString;
    private Process? _own;

    public PostgresServer()
        : this("LIVEHUB_TEST_POSTGRES")
    {
    }

    protected PostgresServer(string variable, params string[] arguments)
    {
        _connectionString = new(async () => Environment.GetEnvironmentVariable(variable) ?? await StartAsync(variable, arguments));
    }

    public string ConnectionString { get; private set; } = "";

    public virtual async ValueTask InitializeAsync() => ConnectionString = await _connectionString.Value;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
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
        var server = await _connectionString.Value;
        await ExecuteAsync(server, $"create database {name}");
        return new NpgsqlConnectionStringBuilder(server) { Database = name, MaxPoolSize = 20 }.ConnectionString;
    }

    public async Task DropDatabaseAsync(string connectionString)
    {
        NpgsqlConnection.ClearPool(new NpgsqlConnection(connectionString));
        await ExecuteAsync(await _connectionString.Value, $"drop database if exists {new NpgsqlConnectionStringBuilder(connectionString).Database} with (force)");
    }

    /// <summary>As after a restore: the same name and rows, another database. Connections to it are cut.</summary>
    public async Task ReplaceDatabaseAsync(string connectionString)
    {
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        var server = await _connectionString.Value;
        NpgsqlConnection.ClearAllPools();
        await ExecuteAsync(server, $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        await ExecuteAsync(server, $"alter database {name} rename to {name}_old");
        await ExecuteAsync(server, $"create database {name} template {name}_old");
        await ExecuteAsync(server, $"drop database {name}_old with (force)");
    }

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<string> StartAsync(string variable, string[] arguments)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Root(), "tools", "postgres.mjs"), "--hold", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var said = new StringBuilder();
        _own = Process.Start(start)!;
        _own.ErrorDataReceived += (_, line) => said.AppendLine(line.Data);
        _own.BeginErrorReadLine();
        if (await _own.StandardOutput.ReadLineAsync() is { } connectionString)
        {
            return connectionString;
        }

        await _own.WaitForExitAsync();
        throw new InvalidOperationException(
            $"PostgreSQL did not start. Run 'npm ci' once, or set {variable} to a server where tests may create databases.{Environment.NewLine}{said}");
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
