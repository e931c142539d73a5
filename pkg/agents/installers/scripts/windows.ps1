# Installs the agent on Windows. Run in an elevated PowerShell. Does nothing where an agent is installed already.
$ErrorActionPreference = 'Stop'
$installer = {{q .Installer}}
$api = {{q .API}}
$clientId = {{q .ClientID}}
$siteId = {{q .SiteID}}
$agentType = {{q .AgentType}}
$power = {{if .Power}}$true{{else}}$false{{end}}
$rdp = {{if .RDP}}$true{{else}}$false{{end}}
$ping = {{if .Ping}}$true{{else}}$false{{end}}
$auth = {{q .Token}}
$downloadUrl = {{q .URL}}
$sha256 = {{q .SHA256}}

[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12

if (Get-Service 'tacticalrmm' -ErrorAction SilentlyContinue) {
    Write-Output 'The agent is already installed.'
    exit 0
}

try {
    $status = Get-MpComputerStatus
    if ($status.AntivirusEnabled) {
        Add-MpPreference -ExclusionPath 'C:\Program Files\TacticalAgent\*', 'C:\Program Files\Mesh Agent\*', 'C:\ProgramData\TacticalRMM\*'
        Add-MpPreference -ExclusionProcess 'C:\Windows\Temp\is-*.tmp\tacticalagent*'
    }
} catch {
    Write-Output 'Defender exclusions were not set.'
}

$source = [Uri]$downloadUrl
$reachable = $false
for ($try = 1; $try -le 3 -and -not $reachable; $try++) {
    $reachable = (Test-NetConnection -ComputerName $source.Host -Port $source.Port -WarningAction SilentlyContinue).TcpTestSucceeded
    if (-not $reachable) { Start-Sleep -Seconds 5 }
}
if (-not $reachable) {
    Write-Output "The server $($source.Host) cannot be reached."
    exit 1
}

$file = Join-Path $env:TMP $installer
Invoke-WebRequest -Uri $downloadUrl -OutFile $file -UseBasicParsing
if ($sha256 -and (Get-FileHash $file -Algorithm SHA256).Hash -ne $sha256) {
    Remove-Item $file -Force
    Write-Output 'The downloaded agent is damaged or not the one of the server.'
    exit 1
}
Start-Process -FilePath $file -ArgumentList '/VERYSILENT', '/SUPPRESSMSGBOXES' -Wait
Start-Sleep -Seconds 7

$arguments = @('-m', 'install', '--api', $api, '--client-id', $clientId, '--site-id', $siteId, '--agent-type', $agentType, '--auth', $auth)
if ($rdp) { $arguments += '--rdp' }
if ($ping) { $arguments += '--ping' }
if ($power) { $arguments += '--power' }
Start-Process -FilePath 'C:\Program Files\TacticalAgent\tacticalrmm.exe' -ArgumentList $arguments -Wait
Remove-Item $file -Force
exit 0
