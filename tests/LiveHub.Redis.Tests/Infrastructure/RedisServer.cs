using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Redis.Tests.Infrastructure;

/// <summary>
/// A real redis-server of a test's own: a child process on a free port of 127.0.0.1, with its files in a folder of their own. It ends with the test, and with the test's process
/// where that is killed. Started again, it is on the same port.
/// </summary>
internal sealed class RedisServer : IAsyncDisposable
{
    /// <summary>
    /// Starts a program and sends it the signals that are read from standard input; at its end, SIGKILL. The number is that of a child which nobody has waited for: it is no
    /// other process's meanwhile.
    /// </summary>
    private const string Keeper = """
        command -v "$0" >/dev/null || exit 127
        "$0" "$@" </dev/null >/dev/null 2>&1 &
        while read -r signal; do
          [ "$signal" = KILL ] && break
          kill -"$signal" $! && echo sent
        done
        kill -KILL $!
        wait
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("livehub-redis-").FullName;
    private readonly string? _password;
    private readonly string[] _arguments;
    private Process? _keeper;

    private RedisServer(string? password, params string[] arguments) => (_password, _arguments) = (password, arguments);

    public int Port { get; private set; }

    /// <summary>For StackExchange.Redis.</summary>
    public string Configuration => ConfigurationAt(Port);

    private bool IsPersistent { get; init; }

    private string LogFile => Path.Combine(_folder, "log");

    private static string Program => Environment.GetEnvironmentVariable("LIVEHUB_TEST_REDIS_SERVER") ?? "redis-server";

    /// <param name="password">What clients have to say; null: nothing.</param>
    /// <param name="isPersistent">Whether it keeps what it was told when it is killed and started again.</param>
    /// <param name="unknown">Commands that it does not know.</param>
    public static Task<RedisServer> StartAsync(string? password = null, bool isPersistent = false, params string[] unknown)
        => StartAsync(new(password, [.. unknown.SelectMany(command => new[] { "--rename-command", command, "" })]) { IsPersistent = isPersistent });

    /// <summary>The same server by another way: a <see cref="Line"/>.</summary>
    public string ConfigurationAt(int port) => $"127.0.0.1:{port}{(_password is null ? "" : $",password={_password}")}";

    /// <summary>A replica that holds what this server holds, and follows it.</summary>
    /// <param name="way">By which port it reaches this server, where that is not the server's own.</param>
    public async Task<RedisServer> ReplicaAsync(int? way = null)
    {
        string[] arguments = ["--replicaof", "127.0.0.1", $"{way ?? Port}", .. _password is null ? Array.Empty<string>() : ["--masterauth", _password]];
        var replica = await StartAsync(new(_password, arguments) { IsPersistent = IsPersistent });
        await replica.CatchUpAsync(this);
        return replica;
    }

    /// <summary>Completes when a replica holds all that its master holds.</summary>
    public Task CatchUpAsync(RedisServer master) => UntilAsync(
        async () =>
        {
            var own = await InfoAsync("replication");
            return own["master_link_status"] == "up" && own["slave_repl_offset"] == (await master.InfoAsync("replication"))["master_repl_offset"];
        },
        () => "the replica does not catch up");

    /// <summary>It follows nobody any more, and takes writes.</summary>
    public Task PromoteAsync() => ExecuteAsync("REPLICAOF", "NO", "ONE");

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (_keeper is { } keeper)
        {
            _keeper = null;
            keeper.StandardInput.Close();
            await keeper.WaitForExitAsync();
            keeper.Dispose();
        }
    }

    /// <summary>Killed, if it runs, and started again on the same port.</summary>
    /// <param name="isEmpty">Whether it has forgotten everything, which one that is not persistent has anyway.</param>
    public async Task RestartAsync(bool isEmpty)
    {
        if (!isEmpty && !IsPersistent)
        {
            throw new InvalidOperationException("It keeps nothing: start it with isPersistent.");
        }

        await KillAsync();
        if (isEmpty)
        {
            Directory.Delete(_folder, recursive: true);
            Directory.CreateDirectory(_folder);
        }

        // Its port is in use by others' connections for a moment, but rarely by another program.
        await UntilAsync(TryRunAsync, Refusal);
    }

    /// <summary>SIGSTOP: its connections stay, and nothing is answered.</summary>
    public Task StopAsync() => SignalAsync("STOP");

    /// <summary>SIGCONT.</summary>
    public Task ContinueAsync() => SignalAsync("CONT");

    /// <summary>Closes connections of one kind, and says how many.</summary>
    /// <param name="type"><c>normal</c>, <c>pubsub</c> or <c>replica</c>.</param>
    public async Task<long> KillClientsAsync(string type) => (long)(await ExecuteAsync("CLIENT", "KILL", "TYPE", type))!;

    /// <summary>How often each command was called since <see cref="ResetCountsAsync"/>, those of scripts too; in lower case.</summary>
    public async Task<IReadOnlyDictionary<string, long>> CallsAsync()
        => (await InfoAsync("commandstats")).ToDictionary(
            c => c.Key["cmdstat_".Length..], c => long.Parse(c.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>Bytes received and sent since <see cref="ResetCountsAsync"/>, those of the question too.</summary>
    public async Task<long> BytesAsync()
    {
        var stats = await InfoAsync("stats");
        return long.Parse(stats["total_net_input_bytes"], CultureInfo.InvariantCulture) + long.Parse(stats["total_net_output_bytes"], CultureInfo.InvariantCulture);
    }

    /// <summary>Connections that were made to it since <see cref="ResetCountsAsync"/>, those of the question too.</summary>
    public async Task<long> ConnectionsAsync() => long.Parse((await InfoAsync("stats"))["total_connections_received"], CultureInfo.InvariantCulture);

    public Task ResetCountsAsync() => ExecuteAsync("CONFIG", "RESETSTAT");

    /// <summary>A command on a connection of its own. Texts are bytes: each character is one.</summary>
    public async Task<object?> ExecuteAsync(params string[] command)
    {
        await using var connection = await RespConnection.OpenAsync(Port, _password);
        return await connection.ExecuteAsync(command);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<RedisServer> StartAsync(RedisServer server)
    {
        try
        {
            await UntilAsync(
                () =>
                {
                    server.Port = FreePort();
                    return server.TryRunAsync();
                },
                server.Refusal);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether it answers; where it has ended at once, another program has had the port.</summary>
    private async Task<bool> TryRunAsync()
    {
        // The delay is one before a replica is served, 5 s by default. What a killed process has written is not lost: only a killed machine needs fsync.
        string[] arguments =
        [
            "-c", Keeper, Program, "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder, "--logfile", LogFile, "--save", "", "--appendonly", IsPersistent ? "yes" : "no",
            "--appendfsync", "no", "--repl-diskless-sync-delay", "0", .. _password is null ? Array.Empty<string>() : ["--requirepass", _password], .. _arguments,
        ];
        _keeper = Process.Start(new ProcessStartInfo("/bin/sh", arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var hasEnded = false;
        await UntilAsync(async () => _keeper.HasExited ? throw new InvalidOperationException(Refusal()) : await AnswersAsync() || (hasEnded = HasEnded()), () => $"redis-server does not answer: {Log()}");
        if (hasEnded)
        {
            await KillAsync();
        }

        return !hasEnded;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            // Another program's server may be what answers.
            return (await InfoAsync("server"))["config_file"] is "" && await ExecuteAsync("CONFIG", "GET", "dir") is object?[] dir && dir[1] is string own && own == _folder;
        }
        catch (Exception e) when (e is SocketException or IOException or RedisRefusalException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>The last that it writes when it cannot begin.</summary>
    private bool HasEnded() => Log() is var log && (log.Contains("Failed listening", StringComparison.Ordinal) || log.Contains("Address already in use", StringComparison.Ordinal));

    private string Log()
    {
        try
        {
            return File.ReadAllText(LogFile);
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }

    private string Refusal()
        => $"redis-server does not start. Install it (Debian: apt-get install --no-install-recommends redis-server; npm test run as root does), or name it in LIVEHUB_TEST_REDIS_SERVER. {Log()}";

    private async Task SignalAsync(string signal)
    {
        var keeper = _keeper ?? throw new InvalidOperationException("It does not run.");
        await keeper.StandardInput.WriteLineAsync(signal);
        await keeper.StandardInput.FlushAsync();
        Assert.Equal("sent", await keeper.StandardOutput.ReadLineAsync());
    }

    private async Task<Dictionary<string, string>> InfoAsync(string section)
        => ((string)(await ExecuteAsync("INFO", section))!).Split("\r\n").Where(line => line.Contains(':', StringComparison.Ordinal))
            .ToDictionary(line => line[..line.IndexOf(':', StringComparison.Ordinal)], line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal);

    private static async Task UntilAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < deadline, otherwise());
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
