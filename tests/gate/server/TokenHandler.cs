using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace GateServer;

/// <summary>Lets in whoever says <c>open sesame</c>, in the header or, as browsers do for WebSockets and server-sent events, in the query.</summary>
internal sealed class TokenHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Token";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var token = (string?)Request.Headers.Authorization is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var given] ? given : (string?)Request.Query["access_token"];
        return Task.FromResult(token switch
        {
            null => AuthenticateResult.NoResult(),
            "open sesame" => AuthenticateResult.Success(new(new(new ClaimsIdentity([new("name", "Ali")], Name)), Name)),
            _ => AuthenticateResult.Fail("The door stays shut."),
        });
    }
}
