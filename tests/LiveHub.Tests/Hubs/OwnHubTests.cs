using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests.Hubs;

/// <summary>A hub of the application's own beside LiveHub, with whatever the application sets for its hubs.</summary>
public sealed class OwnHubTests(PostgresServer server)
{
    private const int MaxMessageBytes = 1_000;

    [Theory, InlineData(false), InlineData(true)]
    public async Task LiveHub_changes_nothing_for_a_hub_of_the_application_s_own(bool sharesItsJson)
    {
        await using var alone = await StartAloneAsync(services => Configure(services, sharesItsJson));
        await using var shop = await Shop.StartAsync(server, services: services => Configure(services, sharesItsJson), map: Map);
        string[] talk = [.. await TalkAsync(new(alone.Urls.Single().Replace("http", "ws", StringComparison.Ordinal) + "/chat?user=ann"))];
        Assert.Equal(["{}", """{"type":1,"target":"Hear","arguments":[{"Text":"hello ann","Mood":"Glad","Nothing":null}]}""", """{"type":3,"invocationId":"1","result":{"Text":"bye ann","Mood":"Glad","Nothing":null}}"""], talk[..3]);
        Assert.Equal(talk, await TalkAsync(shop.WebSocket("/chat?user=ann")));
        Assert.Equal(Describe(alone.Services), Describe(shop.App.Services));
    }

    [Fact]
    public async Task What_the_application_sets_for_its_hubs_does_not_reach_LiveHub_and_its_filters_run()
    {
        await using var shop = await Shop.StartAsync(server, services: services => Configure(services), map: Map);
        await using var client = await RawClient.ConnectAsync(shop.HubUrl, hello: false);

        // The filter is slow with the first message, and what follows must not overtake it.
        await client.SendAsync("""{"type":"hello","protocol":{"min":1,"max":1},"client":"raw"}""");
        await client.SubscribeAsync(1, "Shelf", $",\"where\":{{\"id\":{{\"in\":[{string.Join(',', Enumerable.Range(1, 400))}]}}}}");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null || v.Errors.Count > 0);
        Assert.Empty(view.Errors);
        await shop.WithDbAsync(async db =>
        {
            db.Add(new Shelf { Name = "middle" });
            await db.SaveChangesAsync();
        });
        await client.UntilAsync(view, v => v.Rows(1)!.Count == 3);
        Assert.Equal(["OnConnected", "Send", "Send"], shop.App.Services.GetRequiredService<SlowFilter>().Seen);

        // What the client counts on: a sign of life in half of its time, and time for twice its own.
        var options = shop.App.Services.GetRequiredService<IOptions<HubOptions<LiveHub.Hubs.SyncHub>>>().Value;
        Assert.Equal((TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30)), (options.KeepAliveInterval, options.ClientTimeoutInterval));
    }

    /// <param name="services">Of either application.</param>
    /// <param name="sharesItsJson">Its JSON options are in use elsewhere, and may not be changed any more; otherwise they are new and have no resolver yet.</param>
    private static void Configure(IServiceCollection services, bool sharesItsJson = false)
    {
        var own = new JsonSerializerOptions { Converters = { new JsonStringEnumConverter() } };
        if (sharesItsJson)
        {
            own.MakeReadOnly(populateMissingResolver: true);
        }

        services.AddSignalR(hub =>
        {
            hub.AddFilter<SlowFilter>();
            hub.MaximumReceiveMessageSize = MaxMessageBytes;
            hub.MaximumParallelInvocationsPerClient = 10;
            hub.EnableDetailedErrors = true;
            hub.KeepAliveInterval = TimeSpan.FromMinutes(2);
            hub.ClientTimeoutInterval = TimeSpan.FromSeconds(5);
            hub.DisableImplicitFromServicesParameters = true;
        }).AddJsonProtocol(json => json.PayloadSerializerOptions = own);
        services.AddSingleton<SlowFilter>();
        services.AddSingleton<IUserIdProvider, UserOfQuery>();
        services.AddSingleton(typeof(HubLifetimeManager<>), typeof(OwnManager<>));
    }

    private static void Map(WebApplication app)
    {
        app.MapHub<ChatHub>("/chat");
        if (app.Services.GetService<ILiveHub>() is not null)
        {
            app.MapLiveHub("/live");
        }
    }

    private static async Task<WebApplication> StartAloneAsync(Action<IServiceCollection> configure)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        configure(builder.Services);
        var app = builder.Build();
        Map(app);
        await app.StartAsync();
        return app;
    }

    /// <summary>The frames of a talk that ends with a message that is too large; SignalR's pings left out.</summary>
    private static async Task<IReadOnlyList<string>> TalkAsync(Uri url)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(url, TestContext.Current.CancellationToken);
        var received = new StringBuilder();
        await SendAsync("""{"protocol":"json","version":1}""");
        await SendAsync("""{"type":1,"invocationId":"1","target":"Greet","arguments":[{"Name":"ann","Mood":"Glad"}]}""");
        await ReadUntilAsync(() => received.ToString().Contains("\"type\":3", StringComparison.Ordinal));
        await SendAsync($$"""{"type":1,"invocationId":"2","target":"Greet","arguments":[{"Name":"{{new string('x', MaxMessageBytes)}}"}]}""");
        await ReadUntilAsync(() => false);
        return [.. received.ToString().Split('\u001e').Where(frame => frame is not ("" or """{"type":6}"""))];

        Task SendAsync(string text)
            => socket.SendAsync(Encoding.UTF8.GetBytes(text + '\u001e'), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

        async Task ReadUntilAsync(Func<bool> isEnough)
        {
            var buffer = new byte[4096];
            while (!isEnough() && await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is { MessageType: not WebSocketMessageType.Close } part)
            {
                received.Append(Encoding.UTF8.GetString(buffer, 0, part.Count));
            }
        }
    }

    /// <summary>What an application's hub is run with.</summary>
    private static string Describe(IServiceProvider services)
    {
        var hub = services.GetRequiredService<IOptions<HubOptions<ChatHub>>>().Value;
        var json = services.GetRequiredService<IOptions<JsonHubProtocolOptions>>().Value.PayloadSerializerOptions;
        return string.Join(Environment.NewLine, [
            .. typeof(HubOptions<ChatHub>).GetProperties().Select(p => $"{p.Name}: {(p.GetValue(hub) is IEnumerable<string> all ? string.Join(", ", all) : p.GetValue(hub))}"),
            .. typeof(JsonSerializerOptions).GetProperties().Where(p => p.PropertyType.IsValueType && p.Name != nameof(json.IsReadOnly)).Select(p => $"{p.Name}: {p.GetValue(json)}"),
            $"{services.GetRequiredService<HubLifetimeManager<ChatHub>>().GetType().Name}, {services.GetRequiredService<IUserIdProvider>().GetType().Name}",
        ]);
    }

    private sealed record Guest(string Name, Mood Mood);

    private sealed record Greeting(string Text, Mood Mood, string? Nothing);

    private enum Mood
    {
        Sad,
        Glad,
    }

    private sealed class ChatHub : Hub
    {
        public async Task<Greeting> Greet(Guest guest)
        {
            await Clients.User(Context.UserIdentifier!).SendAsync("Hear", new Greeting($"hello {guest.Name}", guest.Mood, null));
            return new($"bye {guest.Name}", guest.Mood, null);
        }
    }

    private sealed class UserOfQuery : IUserIdProvider
    {
        public string? GetUserId(HubConnectionContext connection) => connection.GetHttpContext()?.Request.Query["user"];
    }

    /// <summary>As a package for several nodes would replace SignalR's.</summary>
    private sealed class OwnManager<THub>(ILogger<DefaultHubLifetimeManager<THub>> logger) : DefaultHubLifetimeManager<THub>(logger)
        where THub : Hub;

    private sealed class SlowFilter : IHubFilter
    {
        private readonly List<string> _seen = [];

        public IReadOnlyList<string> Seen => _seen;

        public Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
        {
            _seen.Add("OnConnected");
            return next(context);
        }

        public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
        {
            var isFirst = _seen.Count == 1;
            _seen.Add(invocationContext.HubMethodName);
            if (isFirst)
            {
                await Task.Delay(50);
            }

            return await next(invocationContext);
        }
    }
}
