package accounts

import "strings"

// commonPasswords are the passwords that guessers try first, of the length that the rule asks for or more, in lower case. Those of
// digits alone are refused by a rule of their own.
const commonPasswords = ` password password1 password12 password123 password1234 password12345 password! password1! password123! passw0rd
 passw0rd1 passw0rd! passw0rd123 p@ssw0rd p@ssw0rd1 p@ssword p@ssword1 p@$$w0rd pa$$w0rd pa$$word passwort passwort1 passwort123
 motdepasse contraseña wachtwoord hunter22 qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwertz123
 qwertzui qwertzuiop azertyui azertyuiop azerty123 1qaz2wsx 1qaz2wsx3edc 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5
 zaq12wsx zaq1xsw2 !qaz2wsx asdfghjk asdfghjkl asdfasdf asdf1234 asdfqwer zxcvbnm1 zxcvbnm123 zxcvzxcv qazwsxedc qazwsx123 qwer1234
 qweasdzxc qweasd123 abcdefgh abcdefghi abcd1234 abc12345 abc123456 abcabcabc a1b2c3d4 a1s2d3f4 aa123456 aa12345678 a12345678
 a123456789 1234qwer 123qweasd 123qwe123 123abc123 12345qwert 123456789a 123456abc 12345678a 1a2b3c4d aaaaaaaa aaaaaaaaaa abababab
 xxxxxxxx zzzzzzzz iloveyou iloveyou1 iloveyou2 iloveyou! ihateyou loveyou1 lovelove loveme123 letmein1 letmein123 letmein! letmeinnow
 welcome1 welcome12 welcome123 welcome1234 welcome! welcome1! welcome2024 welcome2025 welcome2026 willkommen welkom01 bienvenue
 admin123 admin1234 admin12345 admin123456 adminadmin administrator administrator1 admin@123 admin@1234 admin2024 admin2025 admin2026
 rootroot root1234 toortoor rootpassword root@123 useruser user1234 testtest test1234 test12345 testing1 testing123 test@123 tester123
 guestguest guest123 demodemo demo1234 changeme changeme1 changeme! changeme123 change-me changeit default1 defaultpassword default123
 secret123 secretpassword topsecret letmein2 masterkey master123 supersecret superman superman1 batman123 spiderman starwars starwars1
 pokemon1 pokemon123 minecraft dragon123 monkey123 football football1 baseball baseball1 basketball liverpool chelsea1 arsenal1
 manchester barcelona realmadrid juventus1 princess princess1 sunshine sunshine1 butterfly chocolate chocolate1 computer computer1
 internet internet1 samsung1 samsung123 michelle jennifer jessica1 jonathan elizabeth alexander alexandra charlie1 michael1 nicholas
 victoria samantha danielle benjamin christian stephanie whatever whatever1 trustno1 mustang1 corvette mercedes porsche1 ferrari1
 yamaha123 harley123 metallica nirvana1 slipknot blink182 linkinpark hello123 hello1234 hellohello goodluck goodbye1 fuckyou1 fuckyou2
 fuckyou! fuckoff1 bullshit asshole1 password2 password3 password01 password2024 password2025 password2026 passwordpassword passpass
 pass1234 pass12345 pass123456 pass@123 pass@word1 mypassword newpassword nopassword thepassword company1 company123 office123
 winter2024 winter2025 winter2026 spring2024 spring2025 spring2026 summer2024 summer2025 summer2026 autumn2024 autumn2025 autumn2026
 winter2024! winter2025! winter2026! summer2024! summer2025! summer2026! spring2025! spring2026! january2026 november2026 december2026
 monday123 access14 access123 login123 loginlogin server123 system123 support1 support123 helpdesk helpdesk1 helpdesk123 monitoring
 windows1 windows10 windows11 linux123 ubuntu123 oracle123 postgres postgres1 mysql123 cisco123 network1 security security1 security123
 google123 facebook facebook1 facebook123 linkedin instagram youtube123 whatsapp killer123 jordan23 jordan123 hunter123 ranger123
 shadow123 freedom1 freedom123 maverick cheese123 cookie123 banana123 orange123 purple123 silver123 golden123 diamond1 diamond123
 lovely123 flower123 blessed1 jesuschrist jesus123 godisgood heaven123 angel123 babygirl babygirl1 gateway1 mnbvcxz1 poiuytrewq
 lkjhgfdsa 0987654321a 987654321a 11111111a 1234567q 12345678q 123456789q qwe123456 qwe12345 zxc12345 zxcvb12345 asd12345 asd123456 `

// isCommon says whether a password is one of those that guessers try first, in any case.
func isCommon(password string) bool {
	word := strings.ToLower(strings.TrimSpace(password))
	if word == "" || strings.ContainsAny(word, " \n\t") {
		return false
	}
	for common := range strings.FieldsSeq(commonPasswords) {
		if common == word {
			return true
		}
	}
	return false
}
