using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace LiveHub.Redis.Tests.Infrastructure;

/// <summary>Redis has refused a command.</summary>
internal sealed class RedisRefusalException(string message) : Exception(message);

/// <summary>
/// One connection to a redis-server, to look at it and to break it without the library that is under test (Redis serialization protocol, version 2). In a text each character is
/// one byte.
/// </summary>
internal sealed class RespConnection : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TcpClient _client;
    private readonly BufferedStream _stream;

    private RespConnection(TcpClient client) => (_client, _stream) = (client, new(client.GetStream()));

    public static async Task<RespConnection> OpenAsync(int port, string? password)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            var connection = new RespConnection(client);
            if (password is not null)
            {
                await connection.ExecuteAsync("AUTH", password);
            }

            return connection;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <returns>A text, a number, null, or a list of such.</returns>
    /// <exception cref="RedisRefusalException">Redis has answered with an error.</exception>
    /// <exception cref="TimeoutException">It has not answered.</exception>
    public async Task<object?> ExecuteAsync(params string[] command)
    {
        await SendAsync(command);
        return await ReadAsync();
    }

    public async Task SendAsync(params string[] command)
    {
        var text = string.Concat([$"*{command.Length}\r\n", .. command.Select(c => $"${c.Length}\r\n{c}\r\n")]);
        await _stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        await _stream.FlushAsync();
    }

    /// <summary>An answer, or what was published.</summary>
    public Task<object?> ReadAsync() => ReadReplyAsync().WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _stream.DisposeAsync();
    }

    private async Task<object?> ReadReplyAsync()
    {
        var line = await ReadLineAsync();
        var rest = line[1..];
        switch (line[0])
        {
            case '+':
                return rest;
            case '-':
                throw new RedisRefusalException(rest);
            case ':':
                return long.Parse(rest, CultureInfo.InvariantCulture);
            case '$' when rest == "-1":
            case '*' when rest == "-1":
                return null;
            case '$':
                var bytes = new byte[int.Parse(rest, CultureInfo.InvariantCulture) + 2];
                await _stream.ReadExactlyAsync(bytes);
                return Encoding.Latin1.GetString(bytes, 0, bytes.Length - 2);
            case '*':
                var list = new object?[int.Parse(rest, CultureInfo.InvariantCulture)];
                for (var i = 0; i < list.Length; i++)
                {
                    list[i] = await ReadReplyAsync();
                }

                return list;
            default:
                throw new IOException($"'{line}' is no answer.");
        }
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length < 2 || line[^1] != '\n')
        {
            await _stream.ReadExactlyAsync(one);
            line.Append((char)one[0]);
        }

        return line.ToString(0, line.Length - 2);
    }
}
