using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using LiveHub.Tests.Infrastructure;
using Npgsql;

namespace LiveHub.PostgreSql.Tests.Infrastructure;

/// <summary>A pgbouncer of its own in transaction mode: each transaction may run on another connection of the server.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private PgBouncer(Process process, string folder, int port) => (_process, _folder, Port) = (process, folder, port);

    public int Port { get; }

    /// <param name="server">Whose users and databases it has.</param>
    /// <param name="port">Where it goes to: the server's own port, or a way there.</param>
    public static async Task<PgBouncer> StartAsync(NpgsqlConnectionStringBuilder server, int port)
    {
        var folder = Directory.CreateTempSubdirectory("livehub-pgbouncer-").FullName;
        var own = FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "users.txt"), $"\"{server.Username}\" \"{server.Password}\"\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "pgbouncer.ini"), $"""
            [databases]
            * = host=127.0.0.1 port={port} password={server.Password}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {own}
            unix_socket_dir =
            auth_type = trust
            auth_file = {folder}/users.txt
            pool_mode = transaction
            server_login_retry = 1
            ignore_startup_parameters = extra_float_digits
            """);
        var process = Process.Start(new ProcessStartInfo(Program, Arguments(folder)) { UseShellExecute = false, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        await Until.TrueAsync(() => Accepts(own), () => process.HasExited ? $"pgbouncer has ended with code {process.ExitCode}" : "pgbouncer does not accept connections");
        return new(process, folder, own);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Installed => Environment.GetEnvironmentVariable("LIVEHUB_TEST_PGBOUNCER") ?? "pgbouncer";

    /// <summary>It refuses to run as root.</summary>
    private static string Program => Environment.IsPrivilegedProcess ? "setpriv" : Installed;

    private static IEnumerable<string> Arguments(string folder)
    {
        var config = Path.Combine(folder, "pgbouncer.ini");
        if (!Environment.IsPrivilegedProcess || OperatingSystem.IsWindows())
        {
            return [config];
        }

        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute | UnixFileMode.OtherRead);
        return ["--reuid=postgres", "--regid=postgres", "--init-groups", Installed, config];
    }

    private static bool Accepts(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
