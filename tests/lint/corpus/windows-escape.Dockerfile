# escape=`
FROM mcr.microsoft.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command", "$ErrorActionPreference = 'Stop';"]
RUN Invoke-WebRequest -UseBasicParsing https://aka.ms/x.exe -OutFile c:\x.exe ; `
    # install it
    Start-Process c:\x.exe -ArgumentList '/quiet' -Wait ; `
    Remove-Item c:\x.exe
WORKDIR C:\app
COPY . C:\app\
CMD ["cmd", "/c", "run.bat"]
